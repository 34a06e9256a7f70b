//! Memory and files that processes share.

use std::os::fd::{AsFd, OwnedFd};
use std::sync::atomic::Ordering::Relaxed;

use appserver_os::{SharedMemory, memfd};

#[test]
fn two_mappings_of_one_memory_see_each_others_writes() {
    let one = SharedMemory::create(1000).unwrap();
    let two = SharedMemory::open(one.as_fd().try_clone_to_owned().unwrap()).unwrap();
    assert_eq!((one.words().len(), two.words().len()), (1000, 1000));
    assert!(two.words().iter().all(|word| word.load(Relaxed) == 0));
    one.words()[999].store(7, Relaxed);
    assert_eq!(two.words()[999].load(Relaxed), 7);
    two.words()[999].fetch_add(1, Relaxed);
    assert_eq!(one.words()[999].load(Relaxed), 8);
}

#[test]
fn memory_outlives_the_mapping_that_made_it() {
    let one = SharedMemory::create(1).unwrap();
    let two = SharedMemory::open(one.as_fd().try_clone_to_owned().unwrap()).unwrap();
    one.words()[0].store(7, Relaxed);
    drop(one);
    assert_eq!(two.words()[0].load(Relaxed), 7);
}

/// Else one worker could end the master, which reads the memory all the time.
#[test]
fn the_size_of_the_memory_is_fixed() {
    let memory = SharedMemory::create(1000).unwrap();
    let file = std::fs::File::from(memory.as_fd().try_clone_to_owned().unwrap());
    assert!(file.set_len(0).is_err());
    assert!(file.set_len(1 << 20).is_err());
    memory.words()[999].store(7, Relaxed);
}

#[test]
fn what_is_no_shared_memory_is_refused() {
    let empty = memfd::with_contents(c"empty", b"").unwrap();
    assert!(SharedMemory::open(empty).is_err());
    let pipe: OwnedFd = std::io::pipe().unwrap().0.into();
    assert!(SharedMemory::open(pipe).is_err());
}

#[test]
fn a_memory_file_is_read_whole_every_time() {
    let file = memfd::with_contents(c"test", b"settings").unwrap();
    for _ in 0..2 {
        assert_eq!(memfd::read_all(&file).unwrap(), b"settings");
    }
}
