{#-
    What the style of a shopper is read from; the seed shopper_style_weights has a row for each, and a test compares the
    two. A list here, since a table's columns have to be known before the seed is.
-#}
{% macro shopper_components() %}
    {{ return([
        'discounted_order_share',
        'discounted_spend_share',
        'below_usual_price_share',
        'coupon_order_share',
        'full_price_repeat_share',
        'price_tier',
        'promotion_order_share',
        'category_breadth',
        'tenure',
        'regularity',
        'consideration_days',
        'touches_before_order',
        'questions_before_order',
        'survey_reply_share',
        'dialogue_answer_share',
        'offer_answer_share',
        'review_share',
        'referral_share',
    ]) }}
{% endmacro %}
