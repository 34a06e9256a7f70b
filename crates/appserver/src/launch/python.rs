//! The Python interpreter that becomes the mold.
//!
//! The server does not contain Python: the user's own interpreter runs our extension module.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::failure::{Failure, FailureKind};
use crate::handed::Handed;
use crate::settings::{self, Sources};

/// Finds our package beside this program or in the interpreter's own packages, and hands over.
/// Everything else is in the package.
const BOOTSTRAP: &str = "\
import sys
places = [p + '/cp%d%d' % sys.version_info[:2] for p in sys.argv[3:]]
sys.path[:0] = places
try:
    from appserver._mold import main
except ImportError as e:
    sys.exit('error: %s cannot import the appserver package: %s\\nhint: install it there with pip' % (sys.executable, e))
sys.path[:len(places)] = []
main(sys.argv[1], int(sys.argv[2]))";

/// An interpreter.
#[derive(Clone, Debug)]
pub(crate) struct Interpreter {
    program: PathBuf,
    places: Vec<PathBuf>,
}

impl Interpreter {
    /// The one that the settings name, or else the one that is found.
    ///
    /// # Errors
    /// When there is none.
    pub(crate) fn find(handed: &Handed, sources: &Sources) -> Result<Self, Failure> {
        let named = handed.settings.python.interpreter.clone();
        let found = named
            .map(|path| handed.directory.join(path))
            .or_else(|| settings::find_interpreter(&handed.directory, &sources.environment));
        let Some(program) = found else {
            let failure = Failure::new(FailureKind::AppLoad, "no Python interpreter was found");
            return Err(failure.hint("activate a virtual environment, or name one with --python"));
        };
        Ok(Self { program, places: places() })
    }

    /// Its path.
    pub(crate) fn program(&self) -> &Path {
        &self.program
    }

    /// A command that runs our package in it, in this mode, with a descriptor.
    pub(crate) fn command(&self, mode: &str, fd: i32) -> Command {
        let mut command = Command::new(&self.program);
        command.arg("-c").arg(BOOTSTRAP).arg(mode).arg(fd.to_string()).args(&self.places);
        command
    }
}

/// Where the package may lie if it is not installed: beside the program in a checkout's target
/// folder, or below the prefix that the program is installed in.
fn places() -> Vec<PathBuf> {
    let Ok(program) = std::env::current_exe() else { return Vec::new() };
    let Some(root) = program.parent().and_then(Path::parent) else { return Vec::new() };
    let candidates = [root.join("python"), root.join("lib/appserver/python")];
    candidates.into_iter().filter(|place| place.is_dir()).collect()
}
