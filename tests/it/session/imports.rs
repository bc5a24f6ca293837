//! `import` between scripts: users follow an edit of what they import, and errors name the file they are in.

use aither::session::report::Status;

use super::{Set, error, file, statuses};

const LIB: &str = "fn voice(freq) { saw(freq).lpf(800, 0.5) }";
const USER: &str = "import \"lib/voices\" as v;\nregister(\"a\", v::voice(110).gain(0.2));";

#[test]
fn an_edit_of_an_imported_file_reloads_its_users() {
    let mut set = Set::of(&[("lib/voices.rhai", LIB), ("main.rhai", USER), ("other.rhai", "register(\"b\", osc(1));")]);
    set.play(640);
    let report = set.saves(&[("lib/voices.rhai", Some(&LIB.replace("800", "900")))]);
    assert_eq!(statuses(&report), [("a", Status::Changed)]);
    assert!(file(&report, "main.rhai").ok && report.files.len() == 2);
    let report = set.saves(&[("lib/voices.rhai", Some(&format!("// words\n{}", LIB.replace("800", "900"))))]);
    assert_eq!(statuses(&report), [("a", Status::Untouched)]);
}

#[test]
fn an_import_of_an_import_counts_as_well() {
    let deep = "import \"deep\" as d;\nfn voice(freq) { d::base(freq).lpf(800, 0.5) }";
    let base = "fn base(freq) { saw(freq) }";
    let mut set = Set::of(&[("lib/deep.rhai", base), ("lib/voices.rhai", deep), ("main.rhai", USER)]);
    let report = set.saves(&[("lib/deep.rhai", Some("fn base(freq) { tri(freq) }"))]);
    assert_eq!(statuses(&report), [("a", Status::Changed)]);
}

#[test]
fn an_error_in_an_imported_file_names_that_file_and_the_import() {
    let mut set = Set::of(&[("lib/voices.rhai", LIB), ("main.rhai", USER)]);
    let report = set.save(&[("lib/voices.rhai", Some("fn voice(freq) {\n  sow(freq)\n}"))]);
    assert_eq!(
        error(&report, "main.rhai"),
        "error: there is no function `sow`\n--> lib/voices.rhai:2:3\n = help: did you mean `saw`? saw(freq Hz, phase = 0 turns, sync = 0)"
    );
    let report = set.save(&[("lib/voices.rhai", Some("fn voice(freq) {\n  saw(freq\n}"))]);
    assert_eq!(
        error(&report, "main.rhai"),
        "error: a `,` or a `)` is missing before this\n--> lib/voices.rhai:3:1\n::: main.rhai:1:8\n \
         = note: imported from here"
    );
    assert_eq!(set.performance.playing().count(), 1, "the old sound goes on");
}

#[test]
fn files_that_import_each_other_are_an_error() {
    let mut set = Set::new();
    let report = set.start(&[
        ("a.rhai", "import \"b\" as b;"),
        ("b.rhai", "import \"a\" as a;"),
        ("c.rhai", "import \"c\" as c;"),
    ]);
    assert_eq!(
        error(&report, "a.rhai"),
        "error: `a.rhai` imports itself, by way of `b.rhai`\n--> b.rhai:1:8\n::: a.rhai:1:8\n \
         = note: imported from here\n = help: move what both need into a third file"
    );
    assert!(error(&report, "b.rhai").contains("`b.rhai` imports itself, by way of `a.rhai`"));
    assert!(error(&report, "c.rhai").contains("`c.rhai` imports itself"));
}

#[test]
fn a_missing_import_is_an_error_until_the_file_is_there() {
    let mut set = Set::new();
    let report = set.start(&[("main.rhai", USER)]);
    assert_eq!(
        error(&report, "main.rhai"),
        "error: there is no script `lib/voices` to import\n--> main.rhai:1:8\n \
         = help: a file `lib/voices.rhai` in the folder of scripts"
    );
    let report = set.saves(&[("lib/voices.rhai", Some(LIB))]);
    assert_eq!(statuses(&report), [("a", Status::New)]);
}

#[test]
fn register_in_an_imported_file_is_an_error() {
    let mut set = Set::new();
    let lib = format!("{LIB}\nregister(\"own\", osc(1));");
    let report = set.start(&[("lib/voices.rhai", &lib), ("main.rhai", USER)]);
    assert_eq!(
        error(&report, "main.rhai"),
        "error: `register` cannot stand in a file that another one imports\n--> lib/voices.rhai:2:1\n::: \
         main.rhai:1:8\n = note: imported from here\n = help: keep functions in the imported file and register \
         signals in the file that imports it"
    );
}

#[test]
fn an_import_cannot_leave_the_folder_of_scripts() {
    let mut set = Set::new();
    let report = set.start(&[("main.rhai", "import \"../../etc/passwd\" as p;")]);
    assert!(error(&report, "main.rhai").contains("there is no script"));
}
