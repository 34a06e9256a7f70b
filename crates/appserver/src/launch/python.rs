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
        let program = match &handed.settings.python.interpreter {
            Some(named) => look_up(named, &handed.directory, sources)?,
            None => settings::find_interpreter(&handed.directory, sources).ok_or_else(|| {
                let failure = Failure::new(FailureKind::AppLoad, "no Python interpreter was found");
                failure.hint("activate a virtual environment, or name one with --python")
            })?,
        };
        Ok(Self { program, places: places(&sources.program) })
    }

    /// A command that runs our package in it, in this mode, with a descriptor.
    pub(crate) fn command(&self, mode: &str, fd: i32) -> Command {
        let mut command = Command::new(&self.program);
        command.arg("-c").arg(BOOTSTRAP).arg(mode).arg(fd.to_string()).args(&self.places);
        command
    }
}

/// A path of the directory; a bare name is looked up as a shell would.
fn look_up(named: &Path, directory: &Path, sources: &Sources) -> Result<PathBuf, Failure> {
    if !settings::is_bare(named) {
        return Ok(directory.join(named));
    }
    let found = settings::find_on_path(named, &sources.environment);
    found.map(|path| directory.join(path)).ok_or_else(|| {
        let text = format!("the Python interpreter {} is not on the PATH", named.display());
        Failure::new(FailureKind::AppLoad, text).hint("name it with its directory")
    })
}

/// Where the package may lie if it is not installed: beside the program in a checkout's target
/// folder, or below the prefix that the program is installed in.
fn places(program: &Path) -> Vec<PathBuf> {
    let programs = settings::paths(program);
    let roots = programs.iter().filter_map(|program| program.parent()?.parent());
    let candidates =
        roots.flat_map(|root| [root.join("python"), root.join("lib/appserver/python")]);
    candidates.filter(|place| place.is_dir()).collect()
}
