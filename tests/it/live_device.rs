//! `aither run` loses its device and finds one again, and its phases are where its frame counter says. Devices are the
//! rigs'; the scripts are never edited but where there is no device.

use std::process::Command;
use std::thread::sleep;
use std::time::Duration;

use crate::live::{Edit, RULER, SINE, Scripts, assert_same, first_frame, number, offline, on_air};
use crate::pulse::Pulse;
use crate::rig::{Playing, RATE, RISE, Rig, Wiring, until};

/// Files of a set that says on the right channel which frame is heard.
const FILES: [(&str, &str); 2] = [SINE, RULER];

fn listen_for(rig: &Rig, seconds: f64) {
    let enough = rig.taken() + (seconds * f64::from(RATE)) as usize;
    until("the device to take more", || (rig.taken() >= enough).then_some(()));
}

/// Panics unless each take is, without a gap and bit for bit, what the set is at the frames that it holds, and later than
/// the take before. The last take is looked at up to `heard` frames in all, where the final fade begins.
fn assert_one_set(takes: &[Vec<[f32; 2]>], heard: usize, edits: &[Edit]) {
    let mut heard = heard;
    let mut next = 0;
    for take in takes {
        let length = take.len().min(heard);
        heard -= length;
        // What the device was given after the set had left it is silence.
        let sounding = take[..length].iter().rposition(|frame| frame[1] != 0.0).map_or(0, |last| last + 1);
        let (start, frame) = first_frame(&take[..sounding]);
        assert!(frame >= next, "frame {frame} after frame {next}");
        let played = &take[start..sounding];
        next = frame + played.len() as u64;
        assert_same(played, &offline(&FILES, edits, next as usize)[frame as usize..]);
    }
}

#[test]
fn a_device_that_breaks_while_a_set_is_played_costs_no_phase() {
    let Some(rig) = Rig::new(Wiring::Plug) else { return };
    let scripts = Scripts::new(&FILES);
    let mut playing = rig.play(scripts.run(&[]));
    playing.wait_for("sound device:");
    listen_for(&rig, 0.3);
    rig.kill();
    playing.wait_for("sound device lost");
    playing.wait_for("sound device:");
    listen_for(&rig, 0.3);
    let heard = rig.taken();
    assert!(playing.terminate().success());
    let takes = rig.takes();
    assert_eq!(takes.len(), 2);
    assert_one_set(&takes, heard, &[]);
}

#[test]
fn without_a_device_saves_come_on_air_and_a_device_that_appears_plays_them() {
    let Some(rig) = Rig::new(Wiring::Plug) else { return };
    rig.unplug();
    let scripts = Scripts::new(&FILES);
    let mut playing = rig.play(scripts.run(&[]));
    let line = playing.wait_for("no sound device");
    assert_eq!(line, "no sound device: there is none; playing silently in real time and looking for one");
    let lower = SINE.1.replace("220", "110");
    scripts.replace(SINE.0, &lower);
    let frame = on_air(&mut playing);
    playing.wait_for("handed over");
    rig.plug();
    playing.wait_for("sound device:");
    listen_for(&rig, 0.3);
    let heard = rig.taken();
    assert!(playing.terminate().success());
    let takes = rig.takes();
    assert!(first_frame(&takes[0]).1 > frame, "the null clock did not play");
    assert_one_set(&takes, heard, &[Edit { frame, file: SINE.0, text: Some(&lower) }]);
}

#[test]
fn no_device_is_no_reason_to_end_late() {
    let Some(rig) = Rig::new(Wiring::Plug) else { return };
    rig.unplug();
    let scripts = Scripts::new(&FILES);
    let mut playing = rig.play(scripts.run(&[]));
    playing.wait_for("no sound device");
    assert!(playing.terminate().success());
    assert_eq!(playing.said().last().map(String::as_str), Some("bye"));
}

fn play(pulse: &Pulse, scripts: &Scripts) -> Playing {
    let mut command: Command = scripts.run(&[]);
    pulse.lend(&mut command);
    Playing::start(command)
}

/// Plays on a sink that goes by `lose` and returns by `find`, and compares what both heard with the set.
fn lose_and_find(lose: impl FnOnce(&mut Pulse), find: impl FnOnce(&mut Pulse)) {
    let Some(mut pulse) = Pulse::new() else { return };
    let scripts = Scripts::new(&FILES);
    let mut playing = play(&pulse, &scripts);
    playing.wait_for("sound device:");
    pulse.listen_until(RATE as usize / 2);
    lose(&mut pulse);
    playing.wait_for("sound device lost");
    sleep(Duration::from_millis(100));
    find(&mut pulse);
    playing.wait_for("sound device:");
    pulse.listen_until(RATE as usize / 2);
    // What is heard from here on may be the fade.
    let takes = pulse.frames();
    let heard = takes.iter().map(Vec::len).sum();
    assert!(playing.terminate().success());
    assert_rising_set(&takes, heard);
}

/// As `assert_one_set` for a server that may leave out frames where it was late: every frame is the set's, none repeats.
fn assert_rising_set(takes: &[Vec<[f32; 2]>], heard: usize) {
    let sounds = |frame: &&[f32; 2]| frame[1] != 0.0;
    let last = takes.iter().flatten().rfind(sounds).map_or(0, number);
    let set = offline(&FILES, &[], last as usize + 1);
    let (mut next, mut left) = (0, heard);
    for take in takes {
        let part = &take[..take.len().min(left)];
        left -= part.len();
        for frame in part.iter().filter(sounds).skip(RISE) {
            let number = number(frame);
            assert!(number >= next, "frame {number} after frame {next}");
            assert_eq!(frame.map(f32::to_bits), set[number as usize].map(f32::to_bits), "frame {number}");
            next = number + 1;
        }
    }
}

#[test]
fn a_sink_that_is_unplugged_and_plugged_costs_a_set_no_phase() {
    lose_and_find(Pulse::unplug, Pulse::plug);
}

#[test]
fn a_sound_server_that_dies_costs_a_set_no_phase() {
    lose_and_find(Pulse::kill, Pulse::start);
}
