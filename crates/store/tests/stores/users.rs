//! Users are found in any table, and only those that are meant.

use appserver_store::{NewUser, Row, StoreError, UserTable, Users, open_users};

use super::place::Place;

fn open(place: &Place, table: &UserTable) -> std::sync::Arc<dyn Users> {
    open_users(&place.address, table, &place.lent).unwrap()
}

fn django() -> UserTable {
    UserTable {
        table: "auth_user".to_owned(),
        columns: ["email", "is_staff", "age"].map(str::to_owned).into(),
        queries: vec![
            "SELECT name FROM groups WHERE user_id = $1 AND $1 = user_id ORDER BY name".to_owned(),
            "SELECT age FROM auth_user WHERE id = $1;".to_owned(),
            "SELECT 'as $1 is', 2".to_owned(),
        ],
        is_ours: false,
        ..UserTable::embedded()
    }
}

/// Makes a table as Django's, whose ids are of this type.
async fn make_django(place: &Place, id: &str, ids: [&str; 2]) {
    let [ann, bob] = ids;
    place
        .run(&format!(
            "CREATE TABLE auth_user (id {id} NOT NULL PRIMARY KEY, \
               username varchar(150) NOT NULL UNIQUE, password varchar(128) NOT NULL, \
               last_login {} NULL, is_active {bool} NOT NULL, is_staff {bool} NOT NULL, \
               email varchar(254) NULL, age integer NULL); \
             CREATE TABLE groups (user_id {id} NOT NULL, name varchar(9) NOT NULL); \
             INSERT INTO auth_user VALUES ('{ann}', 'ann', 'hash', NULL, TRUE, TRUE, 'a@b.c', 7); \
             INSERT INTO auth_user VALUES ('{bob}', 'bob', '!', NULL, FALSE, FALSE, NULL, NULL); \
             INSERT INTO groups VALUES ('{ann}', 'x'), ('{ann}', 'y'), ('{bob}', 'z')",
            place.time(),
            bool = "boolean",
        ))
        .await;
}

fn is_true(row: &Row, column: &str) -> bool {
    matches!(row.columns[column].as_deref(), Some("1" | "true"))
}

pub(crate) async fn users_of_django_are_found(place: &Place) {
    make_django(place, "integer", ["1", "2"]).await;
    let users = open(place, &django());
    users.prepare().await.unwrap();
    let ann = users.by_name("ann").await.unwrap().unwrap();
    assert_eq!((ann.id.as_str(), ann.username.as_str()), ("1", "ann"));
    assert_eq!(ann.password, "hash");
    assert!(ann.is_active && is_true(&ann, "is_staff"));
    assert_eq!(ann.columns["email"].as_deref(), Some("a@b.c"));
    assert_eq!(ann.columns["age"].as_deref(), Some("7"));
    // Who only knows a name asks nothing about whoever has it.
    assert!(ann.queries.is_empty());
    let ann = users.by_id("1").await.unwrap().unwrap();
    assert_eq!(ann.queries, [vec!["x", "y"], vec!["7"], vec!["as $1 is"]]);
    let bob = users.by_id("2").await.unwrap().unwrap();
    assert_eq!(bob.username, "bob");
    assert!(!bob.is_active && !is_true(&bob, "is_staff"));
    assert_eq!((&bob.columns["email"], &bob.columns["age"]), (&None, &None));
    for nobody in ["", "an", "ann\0", "ann' OR '1'='1", "annn"] {
        assert!(users.by_name(nobody).await.unwrap().is_none(), "{nobody:?}");
    }
    for nobody in ["", "3", "1a", "01", "1.0", "99999999999", "99999999999999999999", "x"] {
        assert!(users.by_id(nobody).await.unwrap().is_none(), "{nobody:?}");
    }
    let names: Vec<_> = users.list().await.unwrap().into_iter().map(|row| row.username).collect();
    assert_eq!(names, ["ann", "bob"]);
}

pub(crate) async fn passwords_are_replaced_only_where_they_are_the_same(place: &Place) {
    make_django(place, "integer", ["1", "2"]).await;
    let users = open(place, &django());
    assert!(users.replace_password("1", "hash", "new").await.unwrap());
    assert!(!users.replace_password("1", "hash", "newer").await.unwrap());
    assert!(!users.replace_password("3", "hash", "new").await.unwrap());
    assert!(!users.replace_password("x", "hash", "new").await.unwrap());
    assert_eq!(users.by_id("1").await.unwrap().unwrap().password, "new");
    assert_eq!(users.by_id("2").await.unwrap().unwrap().password, "!");
}

pub(crate) async fn logins_are_noted(place: &Place) {
    make_django(place, "integer", ["1", "2"]).await;
    let table = UserTable { columns: vec!["last_login".to_owned()], queries: vec![], ..django() };
    let users = open(place, &table);
    users.logged_in("1").await.unwrap();
    users.logged_in("3").await.unwrap();
    let at = users.by_id("1").await.unwrap().unwrap().columns["last_login"].clone().unwrap();
    assert!(at.starts_with("20") && at.len() >= 19, "{at}");
    assert_eq!(at.as_bytes()[10], b' ', "{at}");
    assert_eq!(users.by_id("2").await.unwrap().unwrap().columns["last_login"], None);
    let without = UserTable { last_login: None, ..table };
    open(place, &without).logged_in("2").await.unwrap();
}

pub(crate) async fn ids_may_be_uuids(place: &Place) {
    let dashed = ["6ba7b810-9dad-11d1-80b4-00c04fd430c8", "6ba7b811-9dad-11d1-80b4-00c04fd430c8"];
    let plain = dashed.map(|id| id.replace('-', ""));
    let written =
        if place.uuid() == "uuid" { dashed } else { [&plain[0], &plain[1]].map(|s| &**s) };
    make_django(place, place.uuid(), written).await;
    let users = open(place, &django());
    let ann = users.by_name("ann").await.unwrap().unwrap();
    assert_eq!(ann.id, dashed[0]);
    let ann = users.by_id(dashed[0]).await.unwrap().unwrap();
    assert_eq!(ann.queries[0], ["x", "y"]);
    assert_eq!(users.by_id(dashed[1]).await.unwrap().unwrap().username, "bob");
    users.logged_in(dashed[1]).await.unwrap();
    assert!(users.replace_password(dashed[0], "hash", "new").await.unwrap());
    for nobody in ["", "1", "6ba7b812-9dad-11d1-80b4-00c04fd430c8", "6ba7b810-9dad"] {
        assert!(users.by_id(nobody).await.unwrap().is_none(), "{nobody}");
    }
}

pub(crate) async fn ids_may_be_texts(place: &Place) {
    make_django(place, "varchar(40)", ["ann@b.c", "0"]).await;
    let users = open(place, &UserTable { queries: vec![django().queries[0].clone()], ..django() });
    let ann = users.by_id("ann@b.c").await.unwrap().unwrap();
    assert_eq!((ann.id.as_str(), ann.queries), ("ann@b.c", vec![vec!["x".into(), "y".into()]]));
    assert!(users.by_id("00").await.unwrap().is_none());
    assert!(users.by_id("0").await.unwrap().is_some());
}

pub(crate) async fn names_may_be_anything(place: &Place) {
    let (open_quote, close) = if place.is_mysql() { ('`', "``") } else { ('"', "\"\"") };
    let quoted =
        |name: &str| format!("{open_quote}{}{open_quote}", name.replace(open_quote, close));
    let names = ["us\"er`s; --", "the id", "select", "pass'word", "activ\"e"];
    let [table, id, username, password, active] = names.map(quoted);
    place
        .run(&format!(
            "CREATE TABLE {table} ({id} integer NOT NULL PRIMARY KEY, {username} varchar(9), \
             {password} varchar(9), {active} boolean); \
             INSERT INTO {table} VALUES (1, 'ann', 'hash', TRUE), (2, 'bob', NULL, NULL)"
        ))
        .await;
    let [table, id, username, password, active] = names.map(str::to_owned);
    let table = UserTable {
        table,
        id,
        username,
        password,
        active: Some(active),
        last_login: None,
        columns: Vec::new(),
        queries: Vec::new(),
        is_ours: false,
    };
    let users = open(place, &table);
    assert!(users.by_name("ann").await.unwrap().unwrap().is_active);
    let bob = users.by_id("2").await.unwrap().unwrap();
    assert_eq!((bob.password.as_str(), bob.is_active), ("", false));
    assert!(users.set_active("bob", true).await.unwrap());
    assert!(users.by_name("bob").await.unwrap().unwrap().is_active);
    let everybody = UserTable { active: None, ..table };
    assert!(open(place, &everybody).by_name("bob").await.unwrap().unwrap().is_active);
}

pub(crate) async fn a_table_that_is_not_there_is_told(place: &Place) {
    place.run("CREATE TABLE other (id integer)").await;
    let users = open(place, &django());
    users.prepare().await.unwrap();
    let error = users.by_name("ann").await.unwrap_err();
    assert!(matches!(&error, StoreError::Refused(why) if why.contains("auth_user")), "{error}");
    make_django(place, "integer", ["1", "2"]).await;
    assert!(users.by_name("ann").await.unwrap().is_some());
}

pub(crate) async fn our_own_users_are_added_and_changed(place: &Place) {
    let users = open(place, &UserTable::embedded());
    assert!(users.by_name("ann").await.unwrap().is_none());
    let ann = |email: &str| NewUser {
        username: "ann".to_owned(),
        password: "hash".to_owned(),
        email: email.to_owned(),
    };
    let adds: Vec<_> = (0..8)
        .map(|number| {
            let users = open(place, &UserTable::embedded());
            let user = ann(&number.to_string());
            tokio::spawn(async move { users.add(&user).await.unwrap() })
        })
        .collect();
    let mut ids = Vec::new();
    for add in adds {
        ids.extend(add.await.unwrap());
    }
    assert_eq!(ids.len(), 1);
    let found = users.by_id(&ids[0]).await.unwrap().unwrap();
    assert_eq!((found.username.as_str(), found.is_active), ("ann", true));
    let upper = NewUser { username: "Ann".to_owned(), ..ann("") };
    let other = users.add(&upper).await.unwrap().unwrap();
    assert_ne!(other, ids[0]);
    assert!(users.set_password("ann", "new").await.unwrap());
    assert!(users.set_active("ann", false).await.unwrap());
    assert!(!users.set_password("bob", "new").await.unwrap());
    assert!(!users.set_active("bob", false).await.unwrap());
    users.logged_in(&ids[0]).await.unwrap();
    let found = users.by_name("ann").await.unwrap().unwrap();
    assert_eq!((found.password.as_str(), found.is_active), ("new", false));
    assert!(users.by_name("Ann").await.unwrap().unwrap().is_active);
    let long = NewUser { username: "a".repeat(256), ..ann("") };
    assert!(matches!(users.add(&long).await, Err(StoreError::Refused(_))));
    assert_eq!(users.list().await.unwrap().len(), 2);
}
