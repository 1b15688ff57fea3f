//! The thread: it comes back from every failure by itself, stops while a target hangs, and holds nothing
//! that others need while it posts.

use std::sync::atomic::AtomicU64;
use std::time::Instant;

use super::*;

fn start(world: &World, target: &Scripted) -> Forwarder {
    let manners = Manners::towards(&Arc::new(AtomicU64::new(0)));
    Forwarder::run(world.follower(&to(target)), Waits::hasty(), manners).unwrap()
}

fn until(what: &str, mut look: impl FnMut() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !look() {
        assert!(Instant::now() < deadline, "{what}");
        std::thread::yield_now();
    }
}

#[test]
fn it_comes_back_by_itself_and_follows_what_comes() {
    let world = World::new();
    world.servers(0..5);
    let mut failures = 3;
    let target = Scripted::new(move |_| match failures {
        0 => Reply::Says(204, "", ""),
        _ => {
            failures -= 1;
            Reply::Says(503, "", "")
        }
    });
    let forwarder = start(&world, &target);
    target.wait_for(4);
    world.servers(5..9);
    target.wait_for(5);
    until("all to arrive", || world.is_done());
    forwarder.stop();
    assert_eq!(target.lines().len(), 9);
    assert_eq!(world.watch.forward.failures.get(), 3);
}

#[test]
fn while_a_post_hangs_everybody_else_goes_on_and_a_stop_does_not_wait() {
    let world = World::new();
    world.servers(0..1_500);
    let target = Scripted::new(|_| Reply::Hangs);
    let forwarder = start(&world, &target);
    target.wait_for(1);
    // Whoever needed what the post holds would stand still here.
    world.servers(1_500..3_000);
    world.settle();
    world.store.checkpoint().unwrap();
    world.store.try_commit().unwrap();
    forwarder.stop();
    assert_eq!(
        world.watch.forward.failures.get(),
        0,
        "the post is still under way"
    );
    assert_eq!(target.posts().len(), 1);
    // The next start begins where nothing was lost.
    let well = Scripted::well();
    let again = ForwardConfig {
        url: to(&well).url,
        ..to(&target)
    };
    forward_all(&mut world.follower(&again));
    assert_eq!(well.lines().len(), 3_000);
}
