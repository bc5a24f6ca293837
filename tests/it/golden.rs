//! Texts that are kept beside the tests: what is made must be what is kept. With `UPDATE=1` it is written anew.

use std::fs;
use std::path::Path;

/// Fails unless a text is what stands in a file, whose path begins at the root of the repository; one that is missing fails.
pub fn check(path: &str, text: &str) {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    if std::env::var_os("UPDATE").is_some() {
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(&file, text).unwrap();
    }
    let kept = fs::read_to_string(&file).unwrap_or_else(|_| panic!("{path} is not there: UPDATE=1 writes it"));
    let line = kept.lines().zip(text.lines()).position(|(kept, made)| kept != made);
    assert!(kept == text, "{path}, from line {line:?} (from 0) on; UPDATE=1 writes it anew. Made:\n{text}");
}
