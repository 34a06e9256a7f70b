//! Tokens that the server gives out and takes back: beside simplejwt, under attack, and while
//! processes and databases die.

mod admin;
mod answers;
mod at_once;
mod cookies;
mod crash;
mod denial;
mod differential;
mod django;
mod family;
mod keys;
mod limits;
mod logins;
mod one_library;
mod own;
mod parallel;
mod paths;
mod project;
mod shared;
mod store;
