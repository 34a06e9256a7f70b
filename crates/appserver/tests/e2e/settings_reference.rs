//! The reference pages are what the program prints. `BLESS=1` rewrites them.

use std::{env, fs, path::Path};

use appserver::cli::Page;

#[test]
fn pages_are_what_the_program_prints() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/reference");
    for page in Page::ALL {
        let path = folder.join(format!("{}.md", page.name()));
        if env::var_os("BLESS").is_some() {
            fs::create_dir_all(&folder).expect("the folder can be made");
            fs::write(&path, page.text()).expect("the page can be written");
        }
        let written = fs::read_to_string(&path).unwrap_or_default();
        assert_eq!(written, page.text(), "{} is old; BLESS=1 rewrites it", path.display());
    }
}
