//! Start the real binary, be a rude client, wait with a deadline.
