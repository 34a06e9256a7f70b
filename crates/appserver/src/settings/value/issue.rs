//! Values of the settings about tokens that the server gives out itself.

mod address;
mod rate;

use std::fmt;

use super::{
    Setting,
    keyword::{keyword, plain_keyword},
};

pub use address::Address;
pub use rate::{Rate, Tier};

keyword! {
    /// How refresh tokens are exchanged.
    IssueMode {
        /// As simplejwt does where a Django project says how, else by families.
        Auto = "auto",
        /// As simplejwt does.
        Parity = "parity",
        /// By families: using a token twice ends its session.
        Family = "family",
    }
}

keyword! {
    /// Who knows the users.
    IssueUsers {
        /// A Django project or the table that is named, else a table of the server's own.
        Auto = "auto",
        /// The server, in the table of a database.
        Native = "native",
        /// The app.
        App = "app",
        /// The server, in a table of its own.
        Embedded = "embedded",
    }
}

keyword! {
    /// `SameSite` of cookies.
    SameSite {
        /// Never sent from other sites.
        Strict = "Strict",
        /// Sent where a link leads here.
        Lax = "Lax",
        /// Sent from everywhere.
        None = "None",
    }
}

plain_keyword!(IssueMode, IssueUsers, SameSite);
