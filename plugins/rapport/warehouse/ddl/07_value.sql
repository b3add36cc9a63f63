create schema if not exists build_value;

create table if not exists build_value.scores (
    customer_id text primary key,
    n_repeat_purchases integer not null,
    probability_alive numeric(6, 4),
    expected_purchases_30_days numeric(12, 4),
    expected_purchases_90_days numeric(12, 4),
    expected_purchases_365_days numeric(12, 4),
    expected_purchase_amount numeric(18, 2),
    next_order_date date,
    purchases_reason text,
    amounts_reason text,
    model_version text not null
);
comment on table build_value.scores is 'What is predicted of each customer with a purchase, for the night being built.';

create table if not exists build_value.calibration (
    repeat_purchases text primary key,
    calibration_end_date date not null,
    holdout_end_date date not null,
    n_customers integer not null,
    predicted_purchases numeric(18, 2),
    actual_purchases integer not null,
    predicted_amount numeric(18, 2),
    actual_amount numeric(18, 2) not null,
    purchases_reason text,
    amounts_reason text,
    model_version text not null
);
comment on table build_value.calibration is
    'A model of the first part of the history beside what the rest brought, for the night being built.';

create table if not exists history.value_models (
    fitted_on date primary key,
    version text not null,
    model jsonb not null,
    calibration_end_date date not null,
    calibration_version text not null,
    calibration_model jsonb not null
);
comment on table history.value_models is
    'Models of customer value, one a night, and the one it was held against; the newest of an earlier night is where the next fit starts. Parameters and counts, no customer.';
create table if not exists history.value_model_files (
    fitted_on date not null references history.value_models on delete cascade,
    file_name text not null,
    content bytea not null,
    primary key (fitted_on, file_name)
);
comment on table history.value_model_files is 'What shows how a night''s model does: `rapport value model`.';
