//! The real view in tmux: what a performer sees and types, and the terminal afterwards. Skips, and says so, where tmux is not installed.

use std::path::Path;
use std::process::{Command, Stdio};

use crate::console::Runtime;
use crate::live::{SINE, Scripts, tone};
use crate::rig::{signal, skip, until};

/// A terminal of its own, with a shell in it; it ends with this value.
struct Tmux {
    folder: tempfile::TempDir,
}

impl Tmux {
    /// A terminal of 80 columns and 24 rows; `None`, with a message, where there is no tmux.
    fn new() -> Option<Tmux> {
        let installed = Command::new("tmux").arg("-V").stdout(Stdio::null()).status().is_ok();
        if !installed {
            skip("needs tmux");
            return None;
        }
        let tmux = Tmux { folder: tempfile::tempdir().unwrap() };
        let shell = ["new-session", "-d", "-x", "80", "-y", "24", "env PS1='$ ' TERM=screen-256color sh"];
        tmux.tell(&shell);
        until("a prompt", || tmux.screen().contains('$').then_some(()));
        Some(tmux)
    }

    fn tell(&self, words: &[&str]) -> String {
        let mut command = Command::new("tmux");
        command.arg("-u").arg("-S").arg(self.folder.path().join("tmux")).args(["-f", "/dev/null"]).args(words);
        let output = command.env_remove("TMUX").output().unwrap();
        assert!(output.status.success(), "{words:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }

    /// What stands on the screen.
    fn screen(&self) -> String {
        self.tell(&["capture-pane", "-p"])
    }

    /// Types keys by their names.
    fn press(&self, keys: &[&str]) {
        self.tell(&[&["send-keys"], keys].concat());
    }

    /// Types a line.
    fn line(&self, text: &str) {
        self.tell(&["send-keys", "-l", text]);
        self.press(&["Enter"]);
    }

    /// Waits for a screen that has all of these.
    fn sees(&self, parts: &[&str]) -> String {
        let seen = || {
            let screen = self.screen();
            parts.iter().all(|part| screen.contains(part)).then_some(screen)
        };
        until(&format!("{parts:?}"), seen)
    }

    fn is_on_second_screen(&self) -> bool {
        self.tell(&["display-message", "-p", "#{alternate_on}"]).trim() == "1"
    }

    /// Begins a set in this terminal.
    fn play(&self, runtime: &Runtime, scripts: &Scripts, words: &str) {
        let settings =
            format!("XDG_RUNTIME_DIR={} ALSA_CONFIG_PATH=/dev/null AITHER_NAME=aither", quoted(runtime.path()));
        let begin = format!("sh -c 'echo $$ > {}; exec \"$@\"' sh", self.folder.path().join("pid").display());
        self.line(&format!(
            "{settings} {begin} {} run {} {words}",
            env!("CARGO_BIN_EXE_aither"),
            quoted(scripts.path())
        ));
    }

    /// The process of the set that was begun last.
    fn pid(&self) -> i32 {
        std::fs::read_to_string(self.folder.path().join("pid")).unwrap().trim().parse().unwrap()
    }

    /// The terminal is as it was: its first screen, a shell that shows what is typed line by line, and a cursor.
    fn is_restored(&self) {
        until("the first screen", || (!self.is_on_second_screen()).then_some(()));
        self.line("stty -a; echo over");
        let modes = self.sees(&["\nover"]);
        let on = |mode: &str| modes.split_whitespace().any(|word| word == mode);
        assert!(["icanon", "echo", "isig"].into_iter().all(on), "{modes}");
        assert_eq!(self.tell(&["display-message", "-p", "#{cursor_flag}"]).trim(), "1");
    }
}

impl Drop for Tmux {
    fn drop(&mut self) {
        let mut command = Command::new("tmux");
        command.arg("-S").arg(self.folder.path().join("tmux")).arg("kill-server").stderr(Stdio::null()).status().ok();
    }
}

fn quoted(path: &Path) -> String {
    format!("'{}'", path.display())
}

#[test]
fn a_set_is_played_from_the_terminal_and_the_terminal_is_given_back() {
    let Some(tmux) = Tmux::new() else { return };
    let runtime = Runtime::new();
    let scripts = Scripts::new(&[SINE, ("tone.rhai", &tone(1000))]);
    tmux.play(&runtime, &scripts, "");
    let first = tmux.sees(&["2 signals", "sine", "tone", "120 bpm", "last save", "no sound device"]);
    assert!(tmux.is_on_second_screen() && first.lines().count() == 24, "{first}");
    // Meters move, and the load is known.
    tmux.sees(&["cpu", "█", "dB "]);

    tmux.press(&["j", "m"]);
    tmux.sees(&["> sine", " mute sine", " M "]);
    assert!(runtime.done(&["list"]).lines().next().is_some_and(|line| line.ends_with("muted")));
    tmux.press(&["m"]);
    tmux.sees(&["unmute sine"]);
    tmux.press(&["p"]);
    tmux.sees(&["panic: silent from frame", "everything falls silent"]);
    tmux.line(":fade 1");
    tmux.sees(&[" fade 1"]);
    runtime.done(&["solo", "tone"]);
    tmux.sees(&["solo tone"]);
    tmux.press(&["S"]);
    tmux.sees(&["unsolo"]);

    scripts.overwrite("tone.rhai", "register(\"tone\", ocs(1000));");
    let wrong = tmux.sees(&["errors: tone.rhai", "there is no function `ocs`", "tone.rhai:1:", " ^", "refused"]);
    assert!(wrong.contains("register(\"tone\", ocs(1000));"), "with its source: {wrong}");
    scripts.overwrite("tone.rhai", &tone(1500));
    until("the error to go", || (!tmux.screen().contains("errors:")).then_some(()));
    tmux.sees(&["changed", "tone"]);

    tmux.press(&["3"]);
    tmux.sees(&["scope of sine", "20.0 ms"]);
    tmux.press(&["5"]);
    tmux.sees(&["spectrum of sine", "strongest 220."]);
    tmux.press(&["2"]);
    tmux.sees(&["memory", "helpers", "sandboxes"]);
    tmux.press(&["?"]);
    tmux.sees(&["┌ keys", "panic: silence at once"]);
    tmux.tell(&["resize-window", "-x", "100", "-y", "30"]);
    tmux.press(&["?"]);
    let larger = until("a larger screen", || {
        let screen = tmux.screen();
        (screen.lines().count() == 30 && screen.contains("? help") && !screen.contains("┌ keys")).then_some(screen)
    });
    assert!(larger.contains("> sine"), "{larger}");

    tmux.press(&["q"]);
    tmux.sees(&["\n:quit"]);
    assert!(tmux.is_on_second_screen(), "it waits for Enter");
    tmux.press(&["Enter"]);
    // The last of what was said stays.
    tmux.sees(&["bye", "changed"]);
    tmux.is_restored();
}

#[test]
fn a_signal_to_end_gives_the_terminal_back() {
    let Some(tmux) = Tmux::new() else { return };
    let runtime = Runtime::new();
    let scripts = Scripts::new(&[SINE]);
    for (sign, end) in [("SIGTERM", libc::SIGTERM), ("Ctrl-C", 0), ("SIGHUP", libc::SIGHUP)] {
        tmux.line("clear");
        tmux.play(&runtime, &scripts, "");
        tmux.sees(&["1 signal", "sine"]);
        if end == 0 {
            tmux.press(&["C-c"]);
        } else {
            signal(tmux.pid(), end);
        }
        tmux.sees(&["bye"]);
        tmux.is_restored();
        assert!(runtime.refused(&["list"]).contains("no engine named"), "{sign}");
    }
}

#[test]
fn lines_are_printed_where_they_are_asked_for() {
    let Some(tmux) = Tmux::new() else { return };
    let runtime = Runtime::new();
    let scripts = Scripts::new(&[SINE]);
    tmux.play(&runtime, &scripts, "--plain");
    tmux.sees(&["no sound device"]);
    assert!(!tmux.is_on_second_screen());
    tmux.press(&["C-c"]);
    tmux.sees(&["bye"]);
}
