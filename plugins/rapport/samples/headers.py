"""The vendors' header lines, letter by letter, and those of the truth beside them."""

# fmt: off
SHOPIFY_ORDERS = [
    "Name", "Email", "Financial Status", "Paid at", "Fulfillment Status", "Fulfilled at",
    "Accepts Marketing", "Currency", "Subtotal", "Shipping", "Taxes", "Total", "Discount Code",
    "Discount Amount", "Shipping Method", "Created at", "Lineitem quantity", "Lineitem name",
    "Lineitem price", "Lineitem compare at price", "Lineitem sku", "Lineitem requires shipping",
    "Lineitem taxable", "Lineitem fulfillment status", "Billing Name", "Billing Street",
    "Billing Address1", "Billing Address2", "Billing Company", "Billing City", "Billing Zip",
    "Billing Province", "Billing Country", "Billing Phone", "Shipping Name", "Shipping Street",
    "Shipping Address1", "Shipping Address2", "Shipping Company", "Shipping City", "Shipping Zip",
    "Shipping Province", "Shipping Country", "Shipping Phone", "Notes", "Note Attributes", "Cancelled at",
    "Payment Method", "Payment Reference", "Refunded Amount", "Vendor", "Outstanding Balance", "Employee",
    "Location", "Device ID", "Id", "Tags", "Risk Level", "Source", "Lineitem discount", "Tax 1 Name",
    "Tax 1 Value", "Tax 2 Name", "Tax 2 Value", "Tax 3 Name", "Tax 3 Value", "Tax 4 Name", "Tax 4 Value",
    "Tax 5 Name", "Tax 5 Value", "Phone", "Receipt Number", "Duties", "Billing Province Name",
    "Shipping Province Name", "Payment ID", "Payment Terms Name", "Next Payment Due At",
    "Payment References",
]
SHOPIFY_CUSTOMERS = [
    "Customer ID", "First Name", "Last Name", "Email", "Accepts Email Marketing",
    "Default Address Company", "Default Address Address1", "Default Address Address2",
    "Default Address City", "Default Address Province Code", "Default Address Country Code",
    "Default Address Zip", "Default Address Phone", "Phone", "Accepts SMS Marketing", "Total Spent",
    "Total Orders", "Note", "Tax Exempt", "Tags",
]
HUBSPOT_CONTACTS = [
    "Record ID", "First Name", "Last Name", "Email", "Phone Number", "Mobile Phone Number",
    "Contact owner", "Primary Associated Company ID", "Last Activity Date", "Lead Status",
    "Marketing contact status", "Create Date", "Last Modified Date", "Date of birth",
    "Preferred language", "Street Address", "City", "Postal Code", "Country/Region",
]
HUBSPOT_CONSENTS = [
    "Record ID", "Email", "Phone Number", "Channel", "Purpose", "Status", "Legal Basis", "Source",
    "Updated At",
]
HUBSPOT_TICKETS = [
    "Ticket ID", "Ticket name", "Ticket description", "Pipeline", "Ticket status", "Priority", "Source",
    "Category", "Create date", "First agent reply date", "Close date", "Associated Contact IDs",
    "Owner team",
]
HUBSPOT_EVENTS = [
    "Event ID", "Campaign ID", "Campaign Name", "Channel", "Record ID", "Recipient", "Event Type",
    "Created",
]
SURVEYMONKEY_ABOUT = [
    "Respondent ID", "Collector ID", "Start Date", "End Date", "IP Address", "Email Address",
    "First Name", "Last Name", "Custom Data 1",
]
TRUE_PERSONS = [
    "person_id", "household_id", "first_name", "last_name", "country_code", "birth_date", "city", "email",
    "mobile", "style", "is_vip", "is_advocate", "is_prospect", "has_left", "first_order_date",
    "last_order_date", "n_orders", "n_coupon_orders",
]
