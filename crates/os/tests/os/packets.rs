//! Messages with descriptors, and how the end of the other side shows.

use std::fs::File;
use std::io::Read;
use std::os::fd::{AsFd, OwnedFd};

use appserver_os::packet::{AsyncPacketSocket, MAX_MESSAGE, PacketSocket};
use appserver_os::{memfd, poll};

use super::in_a_loop;

#[test]
fn messages_keep_their_boundaries_and_order() {
    let (one, two) = PacketSocket::pair().unwrap();
    for text in ["a", "bc", "def"] {
        one.send(text.as_bytes(), None).unwrap();
    }
    for text in ["a", "bc", "def"] {
        assert_eq!(two.receive().unwrap().unwrap().bytes, text.as_bytes());
    }
}

#[test]
fn a_descriptor_comes_with_its_message() {
    let (one, two) = PacketSocket::pair().unwrap();
    let file = memfd::with_contents(c"test", b"settings").unwrap();
    one.send(b"here", Some(file.as_fd())).unwrap();
    one.send(b"plain", None).unwrap();
    drop(file);
    let packet = two.receive().unwrap().unwrap();
    let mut text = String::new();
    File::from(packet.fd.unwrap()).read_to_string(&mut text).unwrap();
    assert_eq!((packet.bytes.as_slice(), text.as_str()), (&b"here"[..], "settings"));
    assert!(two.receive().unwrap().unwrap().fd.is_none());
}

#[test]
fn the_longest_message_fits_and_a_longer_one_is_refused() {
    let (one, two) = PacketSocket::pair().unwrap();
    one.send(&vec![7; MAX_MESSAGE], None).unwrap();
    assert_eq!(two.receive().unwrap().unwrap().bytes, vec![7; MAX_MESSAGE]);
    assert!(one.send(&vec![7; MAX_MESSAGE + 1], None).is_err());
}

#[test]
fn what_was_sent_before_the_end_is_still_received() {
    let (one, two) = PacketSocket::pair().unwrap();
    one.send(b"last words", None).unwrap();
    drop(one);
    assert_eq!(two.receive().unwrap().unwrap().bytes, b"last words");
    assert!(two.receive().unwrap().is_none());
}

#[test]
fn the_end_shows_although_messages_were_not_read() {
    let (one, two) = PacketSocket::pair().unwrap();
    two.send(b"never read", None).unwrap();
    drop(one);
    assert!(poll::is_readable(two.as_fd()).unwrap());
    assert!(two.receive().unwrap().is_none());
    assert!(two.send(b"too late", None).is_err());
}

#[test]
fn a_message_that_is_awaited_arrives() {
    in_a_loop(async {
        let (one, two) = PacketSocket::pair().unwrap();
        let two = AsyncPacketSocket::new(two).unwrap();
        let (received, ()) = tokio::join!(two.receive(), async {
            one.send(b"now", None).unwrap();
        });
        assert_eq!(received.unwrap().unwrap().bytes, b"now");
        drop(one);
        assert!(two.receive().await.unwrap().is_none());
    });
}

#[test]
fn a_full_queue_waits_until_the_other_side_reads() {
    let (one, two) = PacketSocket::pair().unwrap();
    let reader = std::thread::spawn(move || {
        let mut count = 0;
        while two.receive().unwrap().is_some() {
            count += 1;
        }
        count
    });
    for _ in 0..200 {
        one.send(&[0; 10_000], None).unwrap();
    }
    drop(one);
    assert_eq!(reader.join().unwrap(), 200);
}

#[test]
fn an_end_can_be_handed_on_as_a_descriptor() {
    let (one, two) = PacketSocket::pair().unwrap();
    let copy: OwnedFd = two.as_fd().try_clone_to_owned().unwrap();
    drop(two);
    one.send(b"still here", None).unwrap();
    assert_eq!(PacketSocket::from(copy).receive().unwrap().unwrap().bytes, b"still here");
}
