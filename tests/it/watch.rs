//! Watching real files in real folders, saved in the ways that editors save; nothing here knows how the watcher looks.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::Write;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread::sleep;
use std::time::{Duration, Instant};

use aither::watch::{Batch, Change, LARGEST_SCRIPT, News, Note, Settings, Watcher, What, scan};
use crossbeam_channel::Receiver;
use tempfile::TempDir;

/// Longer than any loaded machine should need; reached only by a failing test.
const PATIENCE: Duration = Duration::from_secs(60);
/// Longer than every timer of the watcher.
const LULL: Duration = Duration::from_millis(400);

struct Stage {
    news: Receiver<News>,
    _watcher: Watcher,
    root: PathBuf,
    _folder: TempDir,
}

impl Stage {
    /// A watched folder `scripts` that holds these files, all of them heard already.
    fn with(files: &[(&str, &str)], settings: Settings) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("scripts");
        fs::create_dir(&root).unwrap();
        for (path, text) in files {
            fs::create_dir_all(root.join(path).parent().unwrap()).unwrap();
            fs::write(root.join(path), text).unwrap();
        }
        let heard = scan(&root).unwrap();
        Self::on(folder, root, &heard, settings)
    }

    fn new(files: &[(&str, &str)]) -> Self {
        let stage = Self::with(files, Settings::default());
        stage.stays_silent();
        stage
    }

    fn on(folder: TempDir, root: PathBuf, heard: &[Change], settings: Settings) -> Self {
        let (sender, news) = crossbeam_channel::unbounded();
        let watcher = Watcher::start(&root, heard, settings, sender).unwrap();
        Self { news, _watcher: watcher, root, _folder: folder }
    }

    fn path(&self, path: &str) -> PathBuf {
        self.root.join(path)
    }

    fn write(&self, path: &str, text: &str) {
        fs::write(self.path(path), text).unwrap();
    }

    fn batch(&self) -> Vec<(String, What)> {
        match self.news.recv_timeout(PATIENCE).expect("nothing was told") {
            News::Changed(Batch { changes, .. }) => {
                changes.into_iter().map(|change| (change.path, change.what)).collect()
            }
            News::Note(note) => panic!("a note came before the batch: {note}"),
        }
    }

    fn note(&self) -> Note {
        match self.news.recv_timeout(PATIENCE).expect("nothing was told") {
            News::Note(note) => note,
            News::Changed(batch) => panic!("a batch came before the note: {batch:?}"),
        }
    }

    fn stays_silent(&self) {
        if let Ok(news) = self.news.recv_timeout(LULL) {
            panic!("nothing changed, and this was told: {news:?}");
        }
    }

    /// Exactly this batch, and nothing after it.
    fn tells(&self, expected: &[(&str, What)]) {
        let expected: Vec<_> = expected.iter().map(|(path, what)| (path.to_string(), what.clone())).collect();
        assert_eq!(self.batch(), expected);
        self.stays_silent();
    }

    /// Plays batches onto a picture of the folder until it shows what is on disk; gives the number of batches.
    fn until_like_disk(&self, picture: &mut BTreeMap<String, String>) -> usize {
        let mut batches = 0;
        loop {
            let disk = scan(&self.root).unwrap().into_iter().map(|change| (change.path, text_of(change.what)));
            if *picture == disk.collect() {
                return batches;
            }
            for (path, what) in self.batch() {
                match what {
                    What::Removed => drop(picture.remove(&path)),
                    other => drop(picture.insert(path, text_of(other))),
                }
            }
            batches += 1;
        }
    }
}

/// How long a writer paused at most: on a loaded machine it can be stopped for so long that its text stands still.
struct Pace {
    last: Instant,
    longest: Duration,
}

impl Pace {
    fn start() -> Self {
        Self { last: Instant::now(), longest: Duration::ZERO }
    }

    fn step(&mut self) {
        self.longest = self.longest.max(self.last.elapsed());
        self.last = Instant::now();
    }

    fn never_stood_still(&self) -> bool {
        self.longest < Duration::from_millis(20)
    }
}

fn text(text: &str) -> What {
    What::Text(text.into())
}

fn text_of(what: What) -> String {
    match what {
        What::Text(text) => text,
        other => panic!("not a text: {other:?}"),
    }
}

fn unreadable(reason: &str) -> What {
    What::Unreadable(reason.into())
}

fn run(command: &mut Command) {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
}

fn save_by_rename(path: &Path, text: &str) {
    let draft = path.with_extension("tmp");
    fs::write(&draft, text).unwrap();
    fs::rename(draft, path).unwrap();
}

#[test]
fn a_plain_write_is_one_change() {
    let stage = Stage::new(&[("a.rhai", "one")]);
    stage.write("a.rhai", "two");
    stage.tells(&[("a.rhai", text("two"))]);
    stage.write("new.rhai", "");
    stage.tells(&[("new.rhai", text(""))]);
}

#[test]
fn a_rename_over_the_file_is_one_change() {
    let stage = Stage::new(&[("a.rhai", "one")]);
    save_by_rename(&stage.path("a.rhai"), "two");
    stage.tells(&[("a.rhai", text("two"))]);
}

#[test]
fn sed_in_place_is_one_change() {
    let stage = Stage::new(&[("a.rhai", "osc(440)\n")]);
    run(Command::new("sed").args(["-i", "s/440/220/"]).arg(stage.path("a.rhai")));
    stage.tells(&[("a.rhai", text("osc(220)\n"))]);
}

#[test]
fn vim_saves_one_change() {
    let stage = Stage::new(&[("a.rhai", "osc(440)\n")]);
    if !Path::new("/usr/bin/vim").exists() {
        return eprintln!("skipped: there is no vim");
    }
    // Once in place, and once by way of a backup that takes the file's place.
    for (set, to) in [("set backupcopy=yes", "220"), ("set backup backupcopy=no", "110")] {
        let edit = format!("%s/osc(\\d*)/osc({to})/");
        let mut vim = Command::new("/usr/bin/vim");
        run(vim.args(["-u", "NONE", "-es", "-c", set, "-c", &edit, "-c", "wq"]).arg(stage.path("a.rhai")));
        stage.tells(&[("a.rhai", text(&format!("osc({to})\n")))]);
    }
}

#[test]
fn emacs_moves_the_old_file_away_and_that_is_one_change() {
    let stage = Stage::new(&[("a.rhai", "one")]);
    symlink("somebody@somewhere:1", stage.path(".#a.rhai")).unwrap();
    fs::rename(stage.path("a.rhai"), stage.path("a.rhai~")).unwrap();
    stage.write("a.rhai", "two");
    fs::remove_file(stage.path(".#a.rhai")).unwrap();
    stage.tells(&[("a.rhai", text("two"))]);
}

#[test]
fn a_slow_writer_is_never_read_half_way() {
    let stage = Stage::new(&[("a.rhai", "one")]);
    let whole: String = (0..4000).map(|line| format!("let line_{line} = {line};\n")).collect();
    for round in 0..3 {
        let expected = format!("{whole}// {round}");
        let mut file = File::create(stage.path("a.rhai")).unwrap();
        let mut pace = Pace::start();
        // Longer in all than the longest wait of the watcher, with pauses shorter than a standstill.
        for chunk in expected.as_bytes().chunks(1500) {
            file.write_all(chunk).unwrap();
            sleep(Duration::from_micros(1500));
            pace.step();
        }
        drop(file);
        let told = stage.batch();
        if pace.never_stood_still() {
            assert_eq!(told, [("a.rhai".to_string(), text(&expected))]);
        }
        stage.until_like_disk(&mut told.into_iter().map(|(path, what)| (path, text_of(what))).collect());
        stage.stays_silent();
    }
}

#[test]
fn another_file_being_saved_does_not_tear_a_slow_one() {
    let stage = Stage::new(&[("slow.rhai", "0"), ("fast.rhai", "0")]);
    let mut file = File::create(stage.path("slow.rhai")).unwrap();
    let mut pace = Pace::start();
    for round in 1..=100 {
        file.write_all(b"0123456789").unwrap();
        stage.write("fast.rhai", &round.to_string());
        sleep(Duration::from_millis(3));
        pace.step();
    }
    drop(file);
    let mut picture = BTreeMap::from([("slow.rhai".to_string(), "0".to_string()), ("fast.rhai".into(), "0".into())]);
    loop {
        for (path, what) in stage.batch() {
            picture.insert(path, text_of(what));
        }
        let slow = &picture["slow.rhai"];
        let whole = slow == "0" || slow.len() == 1000;
        assert!(whole || !pace.never_stood_still(), "torn: {} bytes", slow.len());
        if slow.len() == 1000 && picture["fast.rhai"] == "100" {
            return stage.stays_silent();
        }
    }
}

#[test]
fn text_that_stands_still_is_told_although_its_writer_holds_it_open() {
    let stage = Stage::new(&[("a.rhai", "one")]);
    let mut file = File::create(stage.path("a.rhai")).unwrap();
    file.write_all(b"half").unwrap();
    stage.tells(&[("a.rhai", text("half"))]);
    file.write_all(b" and half").unwrap();
    stage.tells(&[("a.rhai", text("half and half"))]);
}

#[test]
fn a_touched_file_and_a_save_of_the_same_text_are_nothing() {
    let stage = Stage::new(&[("a.rhai", "one")]);
    run(Command::new("touch").arg(stage.path("a.rhai")));
    stage.write("a.rhai", "one");
    save_by_rename(&stage.path("a.rhai"), "one");
    fs::read(stage.path("a.rhai")).unwrap();
    stage.stays_silent();
}

#[test]
fn a_deleted_file_is_removed_and_one_that_comes_back_at_once_is_a_change() {
    let stage = Stage::new(&[("a.rhai", "one"), ("b.rhai", "one")]);
    fs::remove_file(stage.path("a.rhai")).unwrap();
    stage.tells(&[("a.rhai", What::Removed)]);
    fs::remove_file(stage.path("b.rhai")).unwrap();
    sleep(Duration::from_millis(30));
    stage.write("b.rhai", "two");
    stage.tells(&[("b.rhai", text("two"))]);
}

#[test]
fn a_renamed_file_is_one_batch_with_both_names() {
    let stage = Stage::new(&[("a.rhai", "one"), ("deep/b.rhai", "one")]);
    fs::rename(stage.path("a.rhai"), stage.path("c.rhai")).unwrap();
    stage.tells(&[("a.rhai", What::Removed), ("c.rhai", text("one"))]);
    fs::rename(stage.path("deep"), stage.path("deeper")).unwrap();
    stage.tells(&[("deep/b.rhai", What::Removed), ("deeper/b.rhai", text("one"))]);
}

#[test]
fn fifty_files_saved_at_once_are_few_batches_and_three_are_one() {
    let stage = Stage::new(&[]);
    let mut picture = BTreeMap::new();
    // Unless this thread has to wait between two of them.
    let whole = (0..5).any(|save| {
        for name in ["c", "a", "b"] {
            stage.write(&format!("{name}.rhai"), &format!("{name}{save}"));
        }
        stage.until_like_disk(&mut picture) == 1
    });
    assert!(whole, "three are told one by one");
    for number in 0..50 {
        stage.write(&format!("{number:02}.rhai"), &number.to_string());
    }
    let batches = stage.until_like_disk(&mut picture);
    assert!(batches <= 10, "{batches} batches");
}

#[test]
fn a_storm_of_saves_ends_with_what_is_on_disk() {
    let stage = Stage::new(&[]);
    for save in 0..2000 {
        let path = format!("{}.rhai", save * 7 % 40);
        if save % 5 == 4 {
            drop(fs::remove_file(stage.path(&path)));
        } else {
            stage.write(&path, &format!("{save} {}", "x".repeat(save)));
        }
    }
    stage.until_like_disk(&mut BTreeMap::new());
    stage.stays_silent();
}

#[test]
fn new_folders_and_copied_trees_are_found() {
    let stage = Stage::new(&[("a.rhai", "one")]);
    fs::create_dir_all(stage.path("x/y/z")).unwrap();
    stage.write("x/y/z/b.rhai", "two");
    stage.tells(&[("x/y/z/b.rhai", text("two"))]);
    stage.write("x/y/z/b.rhai", "three");
    stage.tells(&[("x/y/z/b.rhai", text("three"))]);
    let elsewhere = tempfile::tempdir().unwrap();
    fs::create_dir_all(elsewhere.path().join("tree/in/side")).unwrap();
    fs::write(elsewhere.path().join("tree/in/side/c.rhai"), "four").unwrap();
    run(Command::new("cp").arg("-r").arg(elsewhere.path().join("tree")).arg(&stage.root));
    stage.tells(&[("tree/in/side/c.rhai", text("four"))]);
    fs::remove_dir_all(stage.path("tree")).unwrap();
    stage.tells(&[("tree/in/side/c.rhai", What::Removed)]);
}

#[test]
fn hidden_and_backup_files_do_not_exist() {
    let stage = Stage::new(&[]);
    for name in [".a.rhai", ".#a.rhai", "a.rhai~", "#a.rhai#", ".a.rhai.swp", "a.rhai.swp", "4913", "a.txt", "rhai"] {
        stage.write(name, "text");
    }
    fs::create_dir_all(stage.path(".git/deep")).unwrap();
    stage.write(".git/deep/a.rhai", "text");
    stage.stays_silent();
    assert_eq!(scan(&stage.root).unwrap(), []);
}

#[test]
fn links_are_followed_and_loops_are_walked_once() {
    let elsewhere = tempfile::tempdir().unwrap();
    fs::write(elsewhere.path().join("b.rhai"), "one").unwrap();
    let stage = Stage::new(&[("folder/a.rhai", "one")]);
    symlink(&stage.root, stage.path("folder/loop")).unwrap();
    symlink("folder", stage.path("again")).unwrap();
    symlink("nowhere", stage.path("dangling.rhai")).unwrap();
    symlink(elsewhere.path(), stage.path("linked")).unwrap();
    stage.tells(&[("linked/b.rhai", text("one"))]);
    fs::write(elsewhere.path().join("b.rhai"), "two").unwrap();
    stage.tells(&[("linked/b.rhai", text("two"))]);
}

#[test]
fn what_cannot_be_read_is_told_with_its_reason_and_again_when_it_can() {
    let stage = Stage::new(&[("a.rhai", "one"), ("b.rhai", "one")]);
    fs::write(stage.path("a.rhai"), b"let x = \xff\xfe;").unwrap();
    stage.tells(&[("a.rhai", unreadable("it is not UTF-8 text: the first wrong byte is at offset 8"))]);
    stage.write("a.rhai", "one");
    stage.tells(&[("a.rhai", text("one"))]);
    File::create(stage.path("b.rhai")).unwrap().set_len(LARGEST_SCRIPT + 1).unwrap();
    stage.tells(&[("b.rhai", unreadable("it is larger than 16 MiB"))]);
    run(Command::new("mkfifo").arg(stage.path("pipe.rhai")));
    stage.tells(&[("pipe.rhai", unreadable("it is not a regular file"))]);
}

#[test]
fn a_file_without_permission_keeps_what_was_read() {
    let stage = Stage::new(&[("a.rhai", "one"), ("sub/b.rhai", "one")]);
    let set = |path: &str, mode| fs::set_permissions(stage.path(path), fs::Permissions::from_mode(mode)).unwrap();
    set("a.rhai", 0);
    if fs::read(stage.path("a.rhai")).is_ok() {
        return eprintln!("skipped: this user reads every file");
    }
    stage.tells(&[("a.rhai", unreadable("permission to read it is denied"))]);
    set("a.rhai", 0o644);
    stage.tells(&[("a.rhai", text("one"))]);
    set("sub", 0);
    stage.tells(&[("sub", unreadable("this folder cannot be listed: permission to read it is denied"))]);
    set("sub", 0o755);
    stage.tells(&[("sub", What::Removed)]);
}

#[test]
fn a_replaced_root_is_watched_again() {
    let stage = Stage::new(&[("a.rhai", "one"), ("b.rhai", "one")]);
    let other = stage.root.with_file_name("other");
    fs::create_dir(&other).unwrap();
    fs::write(other.join("a.rhai"), "two").unwrap();
    fs::rename(&stage.root, stage.root.with_file_name("old")).unwrap();
    fs::rename(&other, &stage.root).unwrap();
    stage.tells(&[("a.rhai", text("two")), ("b.rhai", What::Removed)]);
    stage.write("a.rhai", "three");
    stage.tells(&[("a.rhai", text("three"))]);
}

#[test]
fn a_root_that_is_a_link_is_followed_to_wherever_it_points() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["one", "two"] {
        fs::create_dir(folder.path().join(name)).unwrap();
        fs::write(folder.path().join(name).join("a.rhai"), name).unwrap();
    }
    let (root, draft) = (folder.path().join("scripts"), folder.path().join("draft"));
    symlink("one", &root).unwrap();
    let stage = Stage::on(folder, root.clone(), &scan(&root).unwrap(), Settings::default());
    stage.stays_silent();
    symlink("two", &draft).unwrap();
    fs::rename(&draft, &root).unwrap();
    stage.tells(&[("a.rhai", text("two"))]);
    stage.write("a.rhai", "three");
    stage.tells(&[("a.rhai", text("three"))]);
}

#[test]
fn a_root_that_disappears_takes_nothing_with_it() {
    let stage = Stage::new(&[("a.rhai", "one"), ("b.rhai", "one")]);
    fs::remove_dir_all(&stage.root).unwrap();
    assert_eq!(stage.note(), Note::Gone(stage.root.clone()));
    stage.stays_silent();
    fs::create_dir(&stage.root).unwrap();
    stage.write("a.rhai", "two");
    stage.write("b.rhai", "one");
    assert_eq!(stage.note(), Note::Back(stage.root.clone()));
    stage.tells(&[("a.rhai", text("two"))]);
    stage.write("b.rhai", "two");
    stage.tells(&[("b.rhai", text("two"))]);
}

#[test]
fn a_single_file_is_watched_alone() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("song.rhai");
    fs::write(&file, "one").unwrap();
    let heard = scan(&file).unwrap();
    assert_eq!(heard, [Change { path: "song.rhai".into(), what: text("one") }]);
    let stage = Stage::on(folder, file.clone(), &heard, Settings::default());
    stage.stays_silent();
    fs::write(file.with_file_name("other.rhai"), "not ours").unwrap();
    save_by_rename(&file, "two");
    stage.tells(&[("song.rhai", text("two"))]);
    fs::remove_file(&file).unwrap();
    stage.tells(&[("song.rhai", What::Removed)]);
    fs::write(&file, "three").unwrap();
    stage.tells(&[("song.rhai", text("three"))]);
}

#[test]
fn without_events_the_files_are_polled() {
    let stage = Stage::with(&[("a.rhai", "one"), ("b.rhai", "one")], Settings { polling: true });
    stage.stays_silent();
    stage.write("a.rhai", "two");
    fs::create_dir(stage.path("sub")).unwrap();
    stage.write("sub/c.rhai", "one");
    let mut picture = BTreeMap::from([("a.rhai".to_string(), "one".to_string()), ("b.rhai".into(), "one".into())]);
    stage.until_like_disk(&mut picture);
    run(Command::new("touch").arg(stage.path("a.rhai")));
    stage.stays_silent();
    fs::remove_file(stage.path("b.rhai")).unwrap();
    stage.tells(&[("b.rhai", What::Removed)]);
}

#[test]
fn what_changes_between_the_scan_and_the_watch_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("scripts");
    fs::create_dir(&root).unwrap();
    fs::write(root.join("a.rhai"), "one").unwrap();
    fs::write(root.join("b.rhai"), "one").unwrap();
    let heard = scan(&root).unwrap();
    fs::write(root.join("a.rhai"), "two").unwrap();
    let stage = Stage::on(folder, root, &heard, Settings::default());
    stage.tells(&[("a.rhai", text("two"))]);
}

#[test]
fn a_scan_sorts_by_path_and_says_what_is_wrong_with_a_root() {
    let stage = Stage::new(&[("b.rhai", "b"), ("a/z.rhai", "z"), ("a.rhai", "a")]);
    let paths: Vec<_> = scan(&stage.root).unwrap().into_iter().map(|change| change.path).collect();
    assert_eq!(paths, ["a.rhai", "a/z.rhai", "b.rhai"]);
    let nowhere = stage.path("nowhere");
    let message = scan(&nowhere).unwrap_err().to_string();
    assert_eq!(message, format!("there is no file or folder {}", nowhere.display()));
    let message = scan(Path::new("/dev/null")).unwrap_err().to_string();
    assert_eq!(message, "/dev/null is neither a file nor a folder");
}
