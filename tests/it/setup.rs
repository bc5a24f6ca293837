//! `./setup` on machines that are put together from stand-ins; nothing is ever installed.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::process::{Command, Output};

use tempfile::TempDir;

/// A machine whose programs are these stand-ins and a few harmless real ones.
struct Machine(TempDir);

impl Machine {
    /// As root on Linux, with a Rust that is new enough.
    fn new(programs: &[(&str, &str)]) -> Self {
        let machine = Self(tempfile::tempdir().unwrap());
        for real in ["sh", "sed", "tr", "dirname", "cut", "env"] {
            let found = ["/bin", "/usr/bin"].map(|folder| Path::new(folder).join(real));
            symlink(found.iter().find(|path| path.exists()).unwrap(), machine.0.path().join(real)).unwrap();
        }
        let stand_ins = [("uname", "echo Linux"), ("id", "echo 0"), ("cargo", ":"), ("rustc", "echo rustc 9.9.9")];
        for (name, body) in stand_ins.iter().chain(programs) {
            let path = machine.0.path().join(name);
            fs::write(&path, format!("#!/bin/sh\n{body}\n")).unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        }
        machine
    }

    fn set_up(&self, arguments: &[&str]) -> Output {
        let setup = Path::new(env!("CARGO_MANIFEST_DIR")).join("setup");
        let mut command = Command::new("/bin/sh");
        command.arg(setup).args(arguments).env_clear().env("PATH", self.0.path()).env("HOME", self.0.path());
        command.output().unwrap()
    }
}

fn said(output: &Output) -> String {
    assert!(output.stdout.is_empty(), "on standard output: {}", String::from_utf8_lossy(&output.stdout));
    String::from_utf8(output.stderr.clone()).unwrap()
}

const COMPLETE: [(&str, &str); 2] = [("cc", ":"), ("pkg-config", ":")];

#[test]
fn a_machine_that_has_everything_is_left_alone_in_silence() {
    let mut programs = COMPLETE.to_vec();
    programs.push(("apt-get", "echo must not be called >&2"));
    let output = Machine::new(&programs).set_up(&[]);
    assert_eq!((said(&output).as_str(), output.status.code()), ("", Some(0)));
}

#[test]
fn what_is_missing_is_installed_by_each_package_manager() {
    for (manager, packages, command) in [
        ("apt-get", "gcc libc6-dev pkg-config libasound2-dev", "install -y --no-install-recommends"),
        ("dnf", "gcc pkgconf-pkg-config alsa-lib-devel", "install -y"),
        ("pacman", "gcc pkgconf alsa-lib", "-S --needed --noconfirm"),
        ("zypper", "gcc pkg-config alsa-devel", "--non-interactive install"),
        ("apk", "gcc musl-dev pkgconf alsa-lib-dev", "add"),
    ] {
        let output = Machine::new(&[(manager, r#"[ "$1" = update ] || echo "called: $*""#)]).set_up(&[]);
        let expected = format!("setup: installing {packages}\ncalled: {command} {packages}\n");
        assert_eq!((said(&output), output.status.code()), (expected, Some(0)));
    }
}

#[test]
fn where_it_cannot_install_it_says_the_command_to_run() {
    let no_sudo = [("cc", ":"), ("pkg-config", "exit 1"), ("id", "echo 1000"), ("apt-get", ":")];
    let output = Machine::new(&no_sudo).set_up(&[]);
    let expected = "setup: cannot install what is missing. \
                    Run: sudo apt-get install -y --no-install-recommends libasound2-dev\n";
    assert_eq!((said(&output).as_str(), output.status.code()), (expected, Some(1)));

    let refused = Machine::new(&[("cc", ":"), ("dnf", "exit 7")]).set_up(&[]);
    assert!(
        said(&refused).ends_with(
            "setup: cannot install what is missing. Run: dnf install -y pkgconf-pkg-config alsa-lib-devel\n"
        )
    );
    assert_eq!(refused.status.code(), Some(1));

    let unknown = Machine::new(&[("cc", ":")]).set_up(&[]);
    let expected = "setup: missing: pkg-config alsa. \
                    Install them with your system's package manager and run ./setup again.\n";
    assert_eq!((said(&unknown).as_str(), unknown.status.code()), (expected, Some(1)));
}

#[test]
fn a_password_is_never_waited_for_without_a_terminal() {
    let programs = [
        ("cc", ":"),
        ("id", "echo 1000"),
        ("sudo", r#"[ "$1" = -n ] || { echo "asked for a password" >&2; exit 9; }; exit 1"#),
        ("apt-get", ":"),
    ];
    let output = Machine::new(&programs).set_up(&[]);
    assert!(!said(&output).contains("asked"), "{}", said(&output));
    assert!(said(&output).contains("Run: sudo apt-get install"), "{}", said(&output));
    assert_eq!(output.status.code(), Some(1));
}

#[test]
fn what_only_the_tests_need_is_optional() {
    let mut programs = COMPLETE.to_vec();
    programs.extend([("apk", "exit 1"), ("pactl", ":"), ("vim", ":")]);
    let output = Machine::new(&programs).set_up(&["--with-tests"]);
    assert!(said(&output).contains("could not install pulseaudio; the tests that need it are skipped"));
    assert_eq!(output.status.code(), Some(0));
}

#[test]
fn a_missing_or_old_rust_is_named_with_the_remedy() {
    let mut programs = COMPLETE.to_vec();
    programs.push(("rustc", "echo 'rustc 1.70.0 (90c541806 2023-05-31)'"));
    let output = Machine::new(&programs).set_up(&[]);
    let wanted = env!("CARGO_PKG_RUST_VERSION");
    let expected =
        format!("setup: Rust 1.70 is too old; Aither needs {wanted} or newer. Get it from https://rustup.rs\n");
    assert_eq!((said(&output), output.status.code()), (expected, Some(1)));

    let machine = Machine::new(&COMPLETE);
    fs::remove_file(machine.0.path().join("cargo")).unwrap();
    let output = machine.set_up(&[]);
    let begins = format!("setup: Rust is missing. Install it from https://rustup.rs (version {wanted} or newer)");
    assert!(said(&output).starts_with(&begins), "{}", said(&output));
    assert_eq!(output.status.code(), Some(1));
}

#[test]
fn play_builds_and_then_plays_its_own_scripts_unless_told_otherwise() {
    let machine = Machine::new(&[("cargo", r#"echo "cargo $*" >&2"#)]);
    let clone = machine.0.path().join("a clone");
    fs::create_dir_all(clone.join("target/release")).unwrap();
    let play = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("play")).unwrap();
    let stand_in = "#!/bin/sh\nfor word in \"$@\"; do echo \"[$word]\" >&2; done\n";
    for (path, text) in [("play", play.as_str()), ("setup", "#!/bin/sh\n"), ("target/release/aither", stand_in)] {
        fs::write(clone.join(path), text).unwrap();
        fs::set_permissions(clone.join(path), fs::Permissions::from_mode(0o755)).unwrap();
    }
    let build = format!("cargo build --release --manifest-path {}/Cargo.toml\n", clone.display());
    let own = format!("[{}/scripts/set]", clone.display());
    for (arguments, expected) in [
        (&[][..], vec!["[run]", &own]),
        (&["--rate", "44100"], vec!["[run]", &own, "[--rate]", "[44100]"]),
        (&["my set", "--buffer", "64"], vec!["[run]", "[my set]", "[--buffer]", "[64]"]),
    ] {
        let mut command = Command::new(clone.join("play"));
        command.args(arguments).env_clear().env("PATH", machine.0.path()).current_dir("/");
        let output = command.output().unwrap();
        assert_eq!(said(&output), format!("{build}{}\n", expected.join("\n")));
    }
}

#[test]
fn unknown_arguments_are_refused_by_every_script() {
    for script in ["setup", "check"] {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(script);
        let output = Command::new(path).arg("--wrong").output().unwrap();
        assert_eq!(output.status.code(), Some(2));
        let expected = format!("{script}: unknown argument: --wrong (see ./{script} --help)\n");
        assert_eq!(said(&output), expected);
    }
}
