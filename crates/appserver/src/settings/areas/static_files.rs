//! The settings about static files. Only declarations live here: what they mean is elsewhere.

use std::path::PathBuf;

use super::super::{
    table::areas,
    value::{ByteSize, Duration, Immutable, OrOff, Switch},
};

areas! {
    /// Files that the server answers with itself, without the app. Who may ask for them is decided
    /// as for all other paths.
    pub struct Static in "static" {
        /// How much of files each worker keeps in memory. Files of up to 64 KiB are kept.
        memory: ByteSize = ByteSize::from_bytes(16 << 20), in "0B"..="64GiB";
        named { mounts: StaticMount, }
    }

    /// A folder under a prefix of paths, like `[static.mounts."/static/"]`. The prefix begins and
    /// ends with a slash, and is compared with the whole path of the request; the longest one that
    /// fits counts. The flag `--static /static/=staticfiles` sets one with its `root`.
    pub struct StaticMount in "mounts" {
        /// The folder. What is put there is served; symbolic links that lead out of it are not
        /// followed, and hidden files are not there.
        root: Option<PathBuf> = None, unset "none; there has to be one";
        /// For how long browsers and caches may use a file without asking again. `off` leaves it
        /// to them.
        max_age: OrOff<Duration> = OrOff::on(Duration::from_secs(60)), in "1s"..="3650d";
        /// Which files browsers and caches may use for a year. `auto` means those that Django's
        /// `staticfiles.json` in the folder names, and those with eight or more hexadecimal digits
        /// before the ending of their name, some of them letters, like `app.55e7cbb9ba48.css`.
        immutable: Immutable = Immutable::Auto;
        /// The name of the file that stands for the folder that it is in, like `index.html`. Where
        /// it is empty no file does. There are no listings in any case.
        index: String = String::new();
        /// Whether the app is asked for what is not there, and gets all requests but `GET` and
        /// `HEAD`. Else the answer is 404 or 405.
        fallthrough: Switch = Switch::Off;
        /// The origin whose pages may read the files (`Access-Control-Allow-Origin`), like
        /// `https://shop.example`; `*` is any, as fonts for other sites need it.
        allow_origin: String = String::new();
    }
}
