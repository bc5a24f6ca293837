//! Scripts are edited while `aither run` plays them on the private device: what was edited changes, everything else goes
//! on bit for bit. Nothing here is about devices that fail.

use std::process::{Command, Stdio};

use crate::listen::{self, breaks, channel, clicks, frequency, level};
use crate::live::{Edit, LEVEL, SINE, Scripts, aither, assert_same, from_first_frame, offline, on_air, tone};
use crate::rig::{Playing, RATE, Rig, Wiring, signal, skip, until};

/// Frames of a second, as a number.
const SECOND: f64 = RATE as f64;

/// Waits until the device has taken another `seconds`.
fn listen_for(rig: &Rig, seconds: f64) {
    let enough = rig.taken() + (seconds * SECOND) as usize;
    until("the device to take more", || (rig.taken() >= enough).then_some(()));
}

/// Ends the program and gives what the device took before that, from the set's first frame on.
fn end(rig: &Rig, mut playing: Playing, files: &[(&str, &str)]) -> Vec<[f32; 2]> {
    let heard = rig.taken();
    assert!(playing.terminate().success());
    let takes = rig.takes();
    assert_eq!(takes.len(), 1, "{}", playing.said().join("\n"));
    let said = playing.said().join("\n");
    let xruns = said.lines().find(|line| line.starts_with("dropouts") && !line.starts_with("dropouts: 0 reported"));
    assert_eq!(xruns, None, "{said}");
    assert!(!said.contains("panicked"), "{said}");
    from_first_frame(&takes[0][..heard], &offline(files, &[], RATE as usize)).to_vec()
}

/// Panics where the left channel is not the sine of `SINE` from its first sample to the last.
fn assert_untouched(played: &[[f32; 2]]) {
    let sine = channel(played, 0);
    assert_eq!(breaks(&sine, 220.0, SECOND, 1e-6), [0; 0], "the untouched sine breaks");
    let alone = channel(&offline(&[SINE], &[], played.len()), 0);
    assert!(sine.iter().zip(&alone).all(|(heard, alone)| heard.to_bits() == alone.to_bits()), "not the sine alone");
}

/// Plays a sine and a tone, saves the tone with `save`, and gives what was played and the frame of the edit.
fn edit_with(save: impl FnOnce(&Scripts)) -> Option<(Vec<[f32; 2]>, u64)> {
    let rig = Rig::new(Wiring::Plug)?;
    let files = [SINE, ("tone.rhai", &*tone(1000))];
    let scripts = Scripts::new(&files);
    let mut playing = rig.play(scripts.run(&[]));
    playing.wait_for("sound device:");
    listen_for(&rig, 0.4);
    save(&scripts);
    let frame = on_air(&mut playing);
    playing.wait_for("handed over");
    listen_for(&rig, 0.5);
    Some((end(&rig, playing, &files), frame))
}

/// Panics unless the tone went from 1000 to 1500 Hz at `frame`, in one fade.
fn assert_edited(played: &[[f32; 2]], frame: u64) {
    assert_untouched(played);
    let files = [SINE, ("tone.rhai", &*tone(1000))];
    let edit = Edit { frame, file: "tone.rhai", text: Some(&tone(1500)) };
    assert_same(played, &offline(&files, &[edit], played.len()));
    let tone = channel(played, 1);
    let (before, after) = (&tone[..frame as usize], &tone[frame as usize + 1_000..]);
    assert!((frequency(before, SECOND).unwrap() - 1000.0).abs() < 0.5);
    assert!((frequency(after, SECOND).unwrap() - 1500.0).abs() < 0.5);
    assert!((level(after) - LEVEL / 2_f64.sqrt()).abs() < 1e-3);
    assert_eq!(clicks(&tone, 1500.0, LEVEL, SECOND), [0; 0], "the edit clicks");
}

#[test]
fn a_save_by_rename_changes_what_was_edited_and_nothing_else() {
    let edit = edit_with(|scripts| scripts.replace("tone.rhai", &tone(1500)));
    let Some((played, frame)) = edit else { return };
    assert_edited(&played, frame);
}

#[test]
fn a_save_in_place_changes_what_was_edited_and_nothing_else() {
    let edit = edit_with(|scripts| scripts.overwrite("tone.rhai", &tone(1500)));
    let Some((played, frame)) = edit else { return };
    assert_edited(&played, frame);
}

#[test]
fn a_save_by_vim_changes_what_was_edited_and_nothing_else() {
    let vim = |words: &[&str]| {
        let mut vim = Command::new("vim");
        vim.args(words).env_remove("VIMINIT").stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        vim.status()
    };
    if vim(&["--version"]).is_err() {
        return skip("needs vim");
    }
    let edit = edit_with(|scripts| {
        let file = scripts.path().join("tone.rhai");
        let words = ["-es", "-N", "-u", "DEFAULTS", "-i", "NONE", "-c", "%s/1000/1500/", "-c", "wq"];
        let saved = vim(&[&words[..], &[file.to_str().expect("a plain path")]].concat()).expect("vim");
        assert!(saved.success());
    });
    let Some((played, frame)) = edit else { return };
    assert_edited(&played, frame);
}

#[test]
fn a_broken_save_is_told_and_heard_nowhere() {
    let Some(rig) = Rig::new(Wiring::Plug) else { return };
    let files = [SINE, ("tone.rhai", &*tone(1000))];
    let scripts = Scripts::new(&files);
    let mut playing = rig.play(scripts.run(&[]));
    playing.wait_for("sound device:");
    listen_for(&rig, 0.2);
    scripts.replace("tone.rhai", "let x = 1;\nregister(\"tone\", osc(1500);");
    playing.wait_for("error: ");
    playing.wait_for("tone.rhai:2:27");
    scripts.overwrite("tone.rhai", "register(\"tone\", ocs(1500));");
    assert!(playing.wait_for("error: ").contains("ocs"));
    playing.wait_for("tone.rhai:1:18");
    // The verdicts come on the other output, so their lines may be heard before those of the errors.
    let verdict = "tone.rhai  refused, the old sound goes on";
    let verdicts = || playing.said().iter().filter(|line| *line == verdict).count();
    until("both verdicts", || (verdicts() == 2).then_some(()));
    listen_for(&rig, 0.2);
    let played = end(&rig, playing, &files);
    assert_same(&played, &offline(&files, &[], played.len()));
}

#[test]
fn a_deleted_file_fades_out_and_comes_back_where_it_was() {
    let Some(rig) = Rig::new(Wiring::Plug) else { return };
    let files = [SINE, ("tone.rhai", &*tone(1000))];
    let scripts = Scripts::new(&files);
    let mut playing = rig.play(scripts.run(&[]));
    playing.wait_for("sound device:");
    listen_for(&rig, 0.2);
    scripts.remove("tone.rhai");
    playing.wait_for("parked     tone");
    let gone = on_air(&mut playing);
    listen_for(&rig, 0.2);
    scripts.overwrite("tone.rhai", files[1].1);
    playing.wait_for("resumed    tone");
    let back = on_air(&mut playing);
    listen_for(&rig, 0.3);
    let played = end(&rig, playing, &files);
    assert_untouched(&played);
    let file = "tone.rhai";
    let edits = [Edit { frame: gone, file, text: None }, Edit { frame: back, file, text: Some(files[1].1) }];
    assert_same(&played, &offline(&files, &edits, played.len()));
    let tone = channel(&played, 1);
    let (gone, back) = (gone as usize, back as usize);
    assert_eq!(clicks(&tone[..back], 1000.0, LEVEL, SECOND), [0; 0], "leaving clicks");
    assert!(tone[gone + 960..back].iter().all(|sample| *sample == 0.0), "20 ms after it left it is silent");
    assert!(level(&tone[back + 960..]) > 0.9 * LEVEL / 2_f64.sqrt(), "it is back");
}

#[test]
fn the_end_is_a_fade_and_comes_within_a_second() {
    for ending in [libc::SIGTERM, libc::SIGINT] {
        let Some(rig) = Rig::new(Wiring::Plug) else { return };
        let scripts = Scripts::new(&[SINE]);
        let mut playing = rig.play(scripts.run(&[]));
        playing.wait_for("sound device:");
        listen_for(&rig, 0.2);
        let heard = rig.taken();
        signal(playing.pid(), ending);
        playing.wait_for("bye");
        assert!(playing.ended().success());
        let left = channel(&rig.takes()[0], 0);
        assert!(left.len() - heard < RATE as usize, "it played on for a second");
        let last = left.iter().rposition(|sample| *sample != 0.0).unwrap();
        assert!(left.len() - last > 64, "the sound ends before the device is closed");
        let sounding = &left[listen::start(&left, 0.0).unwrap()..];
        // The fade's two corners bend more than the sine does, and a sine that is cut off bends far more.
        assert_eq!(clicks(sounding, 500.0, LEVEL, SECOND), [0; 0], "the end clicks");
    }
}

#[test]
fn run_plays_the_samples_that_render_writes() {
    let script = "let beat = phasor(3);
        register(\"pluck\", [saw(110).lowpass(300 + 2000 * decay(beat, 12)), noise() * 0.3] * 0.2);
        register(\"echo\", delay(osc(330) * decay(phasor(1.5), 8), 0.4, 0.25) * 0.3);
        register(\"step\", |s| { s.state[0] += 1; (s.state[0] % 100) / 500 });";
    let files = [("set.rhai", script)];
    let scripts = Scripts::new(&files);
    let wav = scripts.path().join("set.wav");
    let mut render = aither(&["render", "--seconds", "6", "-o"]);
    assert!(render.arg(&wav).arg(scripts.path()).stderr(Stdio::null()).status().unwrap().success());
    let samples: Vec<f32> = hound::WavReader::open(wav).unwrap().samples().map(Result::unwrap).collect();
    let rendered: Vec<[f32; 2]> = samples.chunks_exact(2).map(|frame| [frame[0], frame[1]]).collect();
    for buffer in [64, 256, 512, 1024] {
        let Some(rig) = Rig::new(Wiring::Plug) else { return };
        let mut playing = rig.play(scripts.run(&["--buffer", &buffer.to_string()]));
        let device = playing.wait_for("sound device:");
        assert!(device.contains(&format!("{buffer} frames")), "{device}");
        listen_for(&rig, 0.5);
        let played = end(&rig, playing, &files);
        // The device may have begun with a full queue of silence.
        assert!(played.len() > RATE as usize / 5, "only {} frames were heard", played.len());
        assert_same(&played, &rendered);
    }
}

#[test]
fn a_hundred_saves_all_come_on_air() {
    let scripts = Scripts::new(&[SINE, ("tone.rhai", &tone(300))]);
    let mut command = scripts.run(&[]);
    command.env("ALSA_CONFIG_PATH", "/dev/null");
    let mut playing = Playing::start(command);
    playing.wait_for("no sound device");
    let mut before = 0;
    for hz in 301..=400 {
        if hz % 2 == 0 {
            scripts.replace("tone.rhai", &tone(hz));
        } else {
            scripts.overwrite("tone.rhai", &tone(hz));
        }
        playing.wait_for("changed    tone");
        let frame = on_air(&mut playing);
        assert!(frame > before, "save {hz} came on air at frame {frame}, the one before at {before}");
        before = frame;
        let latency = playing.wait_for("handed over");
        assert!(latency.contains(" ms after the save, first frame "), "{latency}");
    }
    assert!(playing.terminate().success());
}
