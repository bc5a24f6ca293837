//! The committed reference is what the declarations say. It judges no wording.

use std::path::Path;

use aither::helpers::HELPERS;
use aither::reference::page::page;

#[test]
fn the_page_of_helpers_is_what_the_declarations_say() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("HELPERS.md");
    let page = page();
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&path, &page).expect("the page can be written");
    }
    let kept = std::fs::read_to_string(&path).unwrap_or_default();
    let mut lines = kept.lines().zip(page.lines()).enumerate();
    let first = lines.find(|(_, (kept, wanted))| kept != wanted);
    assert_eq!(first, None, "HELPERS.md: line (from 0), found, expected; UPDATE=1 cargo test writes it");
    assert_eq!(kept.len(), page.len(), "HELPERS.md has another length; UPDATE=1 cargo test writes it");
}

#[test]
fn the_page_has_every_helper_every_argument_and_every_claim() {
    let page = page();
    for helper in HELPERS {
        let heading = format!("\n### {}\n", helper.name);
        let section = page.split(&heading).nth(1).unwrap_or_else(|| panic!("{} has no section", helper.name));
        let section = section.split("\n### ").next().expect("a section");
        for claim in helper.claims {
            assert!(section.contains(&claim.to_string()), "{}: {claim}", helper.name);
        }
        for argument in helper.arguments {
            assert!(section.contains(argument.about), "{}: {}", helper.name, argument.name);
        }
        assert!(section.contains(helper.example), "{}: its example", helper.name);
    }
}
