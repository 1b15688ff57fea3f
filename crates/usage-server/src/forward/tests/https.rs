//! Over TLS: to the target that a believed authority vouches for under the name in the address, and to nobody else
//! a line or a password.

use super::secured::Secured;
use super::*;

/// What nobody on the way may read: "ann:open sesame", a line's measurement, where it goes.
const SECRETS: [&str; 3] = ["YW5uOm9wZW4gc2VzYW1l", "p,cluster_id=", "/write?db=usage"];

/// Forwards to a target as this host, with a password, and believes by these authorities.
fn to_secured(target: &Secured, authorities: Option<&str>) -> ForwardConfig {
    ForwardConfig {
        url: target.url("127.0.0.1", "/write?db=usage"),
        proof: Some(ForwardProof::Password {
            user: "ann".to_owned(),
            password: "open sesame".to_owned(),
        }),
        authorities: authorities.map(|pem| pem.as_bytes().to_vec()),
        ..to(&target.target)
    }
}

/// Why nothing goes; and nothing went.
fn refused(target: Secured, authorities: Option<&str>) -> String {
    let world = World::new();
    world.servers(0..3);
    let mut follower = world.follower(&to_secured(&target, authorities));
    let cause = follower.step().unwrap_err().cause;
    assert!(target.target.posts().is_empty(), "{cause}");
    assert!(!world.is_done(), "what did not arrive still waits");
    target.nobody_reads(&SECRETS);
    cause
}

#[test]
fn lines_arrive_where_an_authority_of_ours_vouches_for_the_name() {
    let (world, target) = (World::new(), Secured::named("127.0.0.1"));
    world.servers(0..3);
    forward_all(&mut world.follower(&to_secured(&target, Some(target.authority()))));
    assert_eq!(target.target.lines().len(), 3);
    let head = target.target.posts()[0].head.to_ascii_lowercase();
    assert!(head.contains("authorization: basic"), "{head}");
    assert!(world.is_done());
    target.nobody_reads(&SECRETS);
}

#[test]
fn whom_no_believed_authority_vouches_for_gets_no_line_and_no_password() {
    let other = Secured::named("127.0.0.1");
    for authorities in [None, Some(other.authority())] {
        let cause = refused(Secured::named("127.0.0.1"), authorities);
        assert!(
            cause.contains("certificate") && cause.contains("--forward-ca-file"),
            "{cause}"
        );
    }
}

#[test]
fn who_is_vouched_for_under_another_name_gets_no_line_and_no_password() {
    let target = Secured::named("other.example");
    let authority = target.authority().to_owned();
    let cause = refused(target, Some(&authority));
    assert!(cause.contains("not valid for name"), "{cause}");
    assert!(cause.contains("other.example"), "{cause}");
}
