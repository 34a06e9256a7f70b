//! What every store promises, held against every kind of store.
//!
//! SQLite is always there. The others run where `STORE_TEST_POSTGRES`, `STORE_TEST_MYSQL` and
//! `STORE_TEST_REDIS` hold the addresses of servers; otherwise a test says that it was skipped.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests"
)]

#[path = "stores/attempts.rs"]
mod attempts;
#[path = "stores/denials.rs"]
mod denials;
#[path = "stores/django.rs"]
mod django;
#[path = "stores/lender.rs"]
mod lender;
#[path = "stores/lent.rs"]
mod lent;
#[path = "stores/place.rs"]
mod place;
#[path = "stores/tokens.rs"]
mod tokens;
#[path = "stores/trouble.rs"]
mod trouble;
#[path = "stores/users.rs"]
mod users;

/// Holds each promise against one kind of place, as tests of a module.
macro_rules! promises {
    ($module:ident in $kind:ident: $($suite:ident::$name:ident)*) => {
        mod $module {
            $(
                #[tokio::test]
                async fn $name() {
                    if let Some(place) = crate::place::$kind().await {
                        crate::$suite::$name(&place).await;
                    }
                }
            )*
        }
    };
}

/// The promises of all stores.
macro_rules! stores {
    ($($kind:ident)*) => {
        $(promises!($kind in $kind:
            tokens::of_parallel_uses_one_is_fresh
            tokens::a_token_is_used_once
            tokens::unknown_tokens_are_adopted_once
            tokens::unknown_tokens_are_refused_in_families
            tokens::within_the_grace_the_same_successor_is_given
            tokens::only_the_direct_predecessor_has_a_grace
            tokens::another_successor_is_no_repetition
            tokens::reuse_revokes_the_session
            tokens::blacklisted_tokens_are_not_used
            tokens::used_tokens_are_not_blacklisted
            tokens::states_are_told
            tokens::stores_are_made_by_many_at_once
            denials::each_kind_denies
            denials::tokens_issued_later_are_not_denied
            denials::denials_become_stricter_only
            denials::changes_are_told_to_others
            denials::denials_that_have_ended_are_not_told_and_are_swept
            attempts::allowances_are_used_up_and_fill
            attempts::all_allowances_or_none_are_taken
            attempts::parallel_takers_share_an_allowance
            attempts::failures_are_counted_within_their_window
            attempts::locks_end_and_are_forgiven
            trouble::killed_processes_leave_nothing_half_done
        );)*
    };
}

stores!(
    sqlite lent_sqlite postgres mysql
    django_sqlite lent_django_sqlite django_postgres django_mysql
    redis
);

/// The promises of tables. Redis forgets by itself what has expired.
macro_rules! tables {
    ($($module:ident in $kind:ident)*) => {
        $(promises!($module in $kind:
            tokens::expired_tokens_are_swept
            tokens::only_hashes_are_kept_in_our_tables
            denials::changes_that_come_late_are_told
        );)*
    };
}

tables!(
    sqlite_tables in sqlite
    lent_sqlite_tables in lent_sqlite
    postgres_tables in postgres
    mysql_tables in mysql
    django_sqlite_tables in django_sqlite
    lent_django_sqlite_tables in lent_django_sqlite
    django_postgres_tables in django_postgres
    django_mysql_tables in django_mysql
);

/// The promises of tables of users.
macro_rules! users {
    ($($module:ident in $kind:ident)*) => {
        $(promises!($module in $kind:
            users::users_of_django_are_found
            users::passwords_are_replaced_only_where_they_are_the_same
            users::logins_are_noted
            users::ids_may_be_uuids
            users::ids_may_be_texts
            users::names_may_be_anything
            users::a_table_that_is_not_there_is_told
            users::our_own_users_are_added_and_changed
        );)*
    };
}

users!(
    sqlite_users in sqlite
    lent_sqlite_users in lent_sqlite
    silent_sqlite_users in silent_sqlite
    postgres_users in postgres
    mysql_users in mysql
);

/// The promises of files.
macro_rules! files {
    ($($module:ident in $kind:ident)*) => {
        $(promises!($module in $kind:
            trouble::a_file_that_cannot_be_opened_is_told_and_found_again
            trouble::a_file_that_was_replaced_is_noticed
            trouble::what_links_lead_to_is_made
            trouble::a_file_that_is_no_database_is_refused
            trouble::another_writer_is_waited_for_within_the_time
            trouble::tables_of_a_newer_program_are_left_alone
            trouble::django_tables_that_are_not_there_are_not_made
        );)*
    };
}

files!(sqlite_files in sqlite lent_sqlite_files in lent_sqlite silent_sqlite_files in silent_sqlite);

promises!(postgres_server in postgres: trouble::a_server_that_is_gone_is_told_and_found_again);
promises!(mysql_server in mysql: trouble::a_server_that_is_gone_is_told_and_found_again);

/// The promises of simplejwt's tables.
macro_rules! django {
    ($($module:ident in $kind:ident)*) => {
        $(promises!($module in $kind:
            django::rows_are_as_simplejwt_makes_them
            django::what_others_blacklist_is_revoked
            django::tokens_of_nobody_have_no_user
        );)*
    };
}

django!(
    django_sqlite_rows in django_sqlite
    lent_django_sqlite_rows in lent_django_sqlite
    django_postgres_rows in django_postgres
    django_mysql_rows in django_mysql
);
