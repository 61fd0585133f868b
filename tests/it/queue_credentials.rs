//! A server of NATS with an operator, who signs accounts, which sign users: credentials as `nsc` makes them.

use std::time::{SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use newswire::config::QueueSettings;
use newswire::queue::{BusError, NatsBus};
use nkeys::KeyPair;
use serde_json::{Value, json};

use crate::harness::Newsroom;
use crate::queue::Server;

/// A token of who `subject` is, signed by `issuer`.
fn token(issuer: &KeyPair, subject: &KeyPair, name: &str, claims: &Value) -> String {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("it is after 1970").as_secs();
    let claims = json!({
        "jti": name, "iat": now, "iss": issuer.public_key(), "sub": subject.public_key(), "name": name, "nats": claims,
    });
    let head = json!({ "typ": "JWT", "alg": "ed25519-nkey" });
    let [head, claims] = [head, claims].map(|part| URL_SAFE_NO_PAD.encode(part.to_string()));
    let signed = issuer.sign(format!("{head}.{claims}").as_bytes()).expect("it can sign");
    format!("{head}.{claims}.{}", URL_SAFE_NO_PAD.encode(signed))
}

fn account(operator: &KeyPair, account: &KeyPair, name: &str, room: i64) -> String {
    let limits = json!({
        "subs": -1, "data": -1, "payload": -1, "imports": -1, "exports": -1, "wildcards": true, "conn": -1, "leaf": -1,
        "mem_storage": room, "disk_storage": room, "streams": -1, "consumer": -1,
    });
    token(operator, account, name, &json!({ "type": "account", "version": 2, "limits": limits }))
}

/// What `nsc generate creds` prints.
fn credentials(issuer: &KeyPair, user: &KeyPair, name: &str) -> String {
    let user_claims = json!({ "type": "user", "version": 2, "subs": -1, "data": -1, "payload": -1 });
    format!(
        "-----BEGIN NATS USER JWT-----\n{}\n------END NATS USER JWT------\n\n\
         ************************* IMPORTANT *************************\n\
         NKEY Seed printed below can be used to sign and prove identity.\n\n\
         -----BEGIN USER NKEY SEED-----\n{}\n------END USER NKEY SEED------\n",
        token(issuer, user, name, &user_claims),
        user.seed().expect("it has one")
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn credentials_of_a_user_whose_account_the_operator_knows_are_let_in_and_no_others() {
    let operator = KeyPair::new_operator();
    let [system, newsroom, stranger] = [(); 3].map(|()| KeyPair::new_account());
    let user = KeyPair::new_user();
    let configuration = format!(
        "jetstream {{ store_dir: \"FOLDER/store\" }}\noperator: {}\nsystem_account: {}\nresolver: MEMORY\n\
         resolver_preload: {{\n{}: {}\n{}: {}\n}}\n",
        token(&operator, &operator, "operator", &json!({ "type": "operator", "version": 2 })),
        system.public_key(),
        system.public_key(),
        account(&operator, &system, "SYS", 0),
        newsroom.public_key(),
        account(&operator, &newsroom, "newsroom", -1),
    );
    let Some(server) = Server::with(&configuration) else { return };
    let room = Newsroom::new();
    let connect = async |name: &str, text: String| {
        let credentials_file = Some(room.file(name, text).into());
        let settings = QueueSettings { credentials_file, ..server.settings() };
        NatsBus::connect(&settings, "writer").await.expect("the settings have sense")
    };
    let bus = connect("user.creds", credentials(&newsroom, &user, "writer")).await;
    assert_eq!(bus.set_up().await, Ok(()), "{:?}", bus.state().borrow());
    assert_eq!(bus.n_reports_waiting().await, Ok(0));
    // Of an account that the operator does not know, and with the seed of another user.
    let other = KeyPair::new_user().seed().expect("it has one");
    let stolen = credentials(&newsroom, &user, "thief").replace(&user.seed().expect("it has one"), &other);
    for (name, text) in [("stranger.creds", credentials(&stranger, &user, "stranger")), ("stolen.creds", stolen)] {
        let bus = connect(name, text).await;
        let refused = bus.set_up().await;
        let is_told = |text: &str| text.contains("refuses the authorization: check nats credentials");
        assert!(matches!(&refused, Err(BusError::Away(text)) if is_told(text)), "{name}: {refused:?}");
    }
}
