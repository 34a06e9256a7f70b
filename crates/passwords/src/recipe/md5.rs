//! MD5 of salt and password: `md5$SALT$HEX`. For tests only.

use ::md5::{Digest, Md5};

use super::{Unusable, fields, salt};
use crate::encode::{self, EncodeError};

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Recipe {
    salt: String,
}

impl Recipe {
    pub(super) fn read(rest: &str) -> Result<Self, Unusable> {
        let [salt_text, _] = fields(rest)?;
        Ok(Self { salt: salt(salt_text)? })
    }

    pub(super) fn new() -> Result<Self, EncodeError> {
        Ok(Self { salt: encode::salt()? })
    }

    pub(super) fn encode(&self, password: &str) -> String {
        let hash = Md5::new().chain_update(&self.salt).chain_update(password).finalize();
        format!("md5${}${}", self.salt, encode::hex(&hash))
    }

    pub(super) fn is_current(&self) -> bool {
        encode::is_long_enough(self.salt.chars().count())
    }
}
