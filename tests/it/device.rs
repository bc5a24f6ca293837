//! The device comes and goes; the source plays on. The player below is this very test program in another life.

use crate::listen;
use crate::rig::{RATE, RISE, Rig, Wiring, signal, until};
use aither::device::{self, Counts, DeviceDescription, Event, Settings, Source};
use aither::engine::witness;
use std::f64::consts::TAU;
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::thread::sleep;
use std::time::{Duration, Instant};

/// Says to the player, by its presence, that it is one, and how to play.
const PLAYER: &str = "AITHER_RIG_PLAYER";
/// The test that is also the player.
const PLAYER_TEST: &str = "device::the_device_gets_the_source_bit_for_bit";
const HZ: u64 = 440;
/// Frame numbers that a float holds exactly, on the second channel.
const NUMBERS: u64 = 1 << 22;
/// A source that panics does so for this many blocks, when it has played so many frames on a device.
const PANICS: (u64, u32) = (12_000, 5);
/// Whether a device plays.
static ON_A_DEVICE: AtomicBool = AtomicBool::new(false);

/// A sine on the first channel and its frame number on the second, so that every captured frame says which one it is.
#[derive(Default)]
struct Numbered {
    frame: u64,
    panics: u32,
    /// How many frames were played on a device.
    heard: u64,
}

impl Numbered {
    fn at(frame: u64) -> [f32; 2] {
        let turns = (frame * HZ % u64::from(RATE)) as f64 / f64::from(RATE);
        [(0.25 * (TAU * turns).sin()) as f32, ((frame + 1) % NUMBERS) as f32 / NUMBERS as f32]
    }
}

impl Source for Numbered {
    fn render(&mut self, out: &mut [f32], channels: usize) {
        if self.panics > 0 && self.heard >= PANICS.0 {
            self.panics -= 1;
            out.fill(1.0);
            panic!("asked for by the test");
        }
        for frame in out.chunks_exact_mut(channels) {
            frame.copy_from_slice(&Self::at(self.frame)[..channels]);
            self.frame += 1;
            self.heard += u64::from(ON_A_DEVICE.load(Relaxed));
        }
    }

    fn is_under_way(&self) -> bool {
        self.frame > 0
    }
}

/// This program as a player; `how` is its settings as words.
pub fn player(how: &str) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args([PLAYER_TEST, "--exact", "--nocapture"]).env(PLAYER, how);
    command
}

/// The player: plays until it is asked to end, prints what happens, and what was counted.
fn play(how: &str) -> ! {
    let word = |name: &str| how.split(' ').find_map(|word| word.strip_prefix(name));
    let settings = Settings {
        device: word("device=").map(str::to_owned),
        buffer: word("buffer=").map(|frames| frames.parse().unwrap()),
        rate: word("rate=").map(|rate| rate.parse().unwrap()),
        ..Settings::default()
    };
    if how == "list" {
        println!("\n{}", serde_json::to_string(&device::list()).unwrap());
        std::process::exit(0);
    }
    let (asked, ask) = crossbeam_channel::bounded(1);
    ctrlc::set_handler(move || asked.try_send(()).unwrap_or_default()).unwrap();
    let plan = device::probe(&settings);
    assert_eq!((plan.rate, plan.channels), (settings.rate.unwrap_or(RATE), 2));
    let (tell, told) = crossbeam_channel::unbounded();
    let panics = if how.contains("panics") { PANICS.1 } else { 0 };
    let source = Box::new(Numbered { panics, ..Numbered::default() });
    // As `aither run` does: what a panic prints takes long, and the device would be lost over it.
    witness::listen();
    let playback = device::start(settings, plan, source, tell).unwrap();
    loop {
        crossbeam_channel::select! {
            recv(told) -> event => {
                let event = event.unwrap();
                if let Event::Opened { .. } = event {
                    ON_A_DEVICE.store(true, Relaxed);
                }
                println!("\nplayer: {event}");
            }
            recv(ask) -> _ => break,
        }
    }
    let counters = playback.counters().clone();
    assert!(playback.stop().is_some(), "the source comes home");
    println!("\ncounts: {:?}", counters.read());
    std::process::exit(0);
}

/// Which frame of the source this is.
fn number(frame: &[f32; 2]) -> u64 {
    (f64::from(frame[1]) * NUMBERS as f64) as u64 - 1
}

/// Which source frames a take holds, those included that a source that is heard from its middle on comes up with. Panics
/// where a frame is not exactly what the source rendered, or the way up is another one than a straight line of five
/// milliseconds.
pub fn numbers(take: &[[f32; 2]]) -> Vec<u64> {
    let sounding: Vec<&[f32; 2]> = take.iter().filter(|frame| frame[1] != 0.0).collect();
    let same = |frame: &[f32; 2], wanted: [f32; 2]| frame.map(f32::to_bits) == wanted.map(f32::to_bits);
    let whole = |nth: usize| same(sounding[nth], Numbered::at(number(sounding[nth])));
    let mut numbers = Vec::with_capacity(sounding.len());
    while numbers.len() < sounding.len() {
        let begun = numbers.len();
        let ahead = sounding.len().min(begun + RISE);
        let Some(risen) = (begun..ahead).find(|nth| whole(*nth)) else { panic!("{:?}", sounding[begun]) };
        for (nth, frame) in sounding[begun..risen].iter().enumerate() {
            let missing = risen - begun - nth;
            let (number, level) = (number(sounding[risen]) - missing as u64, (RISE - missing) as f32 / RISE as f32);
            assert!(same(frame, Numbered::at(number).map(|sample| sample * level)), "frame {number} at {level}");
            numbers.push(number);
        }
        numbers.push(number(sounding[risen]));
    }
    numbers
}

/// A take without the silence before the first frame of the source and after the last.
fn inside(take: &[[f32; 2]]) -> &[[f32; 2]] {
    let sounds = |frame: &[f32; 2]| frame[1] != 0.0;
    &take[take.iter().position(sounds).unwrap()..=take.iter().rposition(sounds).unwrap()]
}

/// Panics where the source repeats a frame or goes back.
pub fn assert_rising(numbers: &[u64]) {
    let back = numbers.windows(2).find(|pair| pair[1] <= pair[0]);
    assert_eq!(back, None, "the source repeats itself");
}

/// Panics where a frame is missing.
fn assert_unbroken(numbers: &[u64]) {
    let gap = numbers.windows(2).find(|pair| pair[1] != pair[0] + 1);
    assert_eq!(gap, None, "frames that do not follow each other");
}

/// Waits until the device has taken another `seconds`.
fn listen_for(rig: &Rig, seconds: f64) {
    let enough = rig.taken() + (seconds * f64::from(RATE)) as usize;
    until("the device to take more", || (rig.taken() >= enough).then_some(()));
}

#[test]
fn the_device_gets_the_source_bit_for_bit() {
    if let Ok(how) = std::env::var(PLAYER) {
        play(&how);
    }
    // A source waits for its first device, and not for ever: on a machine that is too slow to open one it begins without.
    let mut tries = 0;
    let (takes, played) = loop {
        let Some(rig) = Rig::new(Wiring::Plug) else { return };
        let mut playing = rig.play(player(""));
        assert_eq!(
            playing.wait_for("player:"),
            "player: sound device: Default Audio Device, 48000 Hz, 2 channels, f32, 512 frames (10.7 ms)"
        );
        listen_for(&rig, 0.5);
        assert!(playing.terminate().success());
        let takes = rig.takes();
        assert_eq!(takes.len(), 1);
        let played = numbers(&takes[0]);
        tries += 1;
        if played[0] == 0 {
            break (takes, played);
        }
        assert!(tries < 5, "the device does not hear the very first frame");
    };
    assert_unbroken(&played);
    let sounding = inside(&takes[0]);
    assert_eq!(sounding.len(), played.len(), "silence inside");
    let sine = listen::channel(sounding, 0);
    assert_eq!(listen::breaks(&sine, HZ as f64, f64::from(RATE), 1e-6), [0; 0]);
}

#[test]
fn a_device_that_breaks_is_opened_again_and_the_phase_goes_on() {
    let Some(rig) = Rig::new(Wiring::Plug) else { return };
    let mut playing = rig.play(player(""));
    playing.wait_for("sound device:");
    let mut gone = Vec::new();
    for _ in 0..2 {
        listen_for(&rig, 0.3);
        let killed = Instant::now();
        rig.kill();
        playing.wait_for("sound device lost");
        playing.wait_for("sound device:");
        gone.push(killed.elapsed());
    }
    listen_for(&rig, 0.3);
    assert!(playing.terminate().success());
    assert!(playing.said().iter().any(|line| line.contains(" devices: 3,")), "{:?}", playing.said());
    let takes: Vec<_> = rig.takes().iter().map(|take| numbers(take)).collect();
    assert_eq!(takes.len(), 3);
    takes.iter().for_each(|take| assert_unbroken(take));
    assert_rising(&takes.concat());
    for (pair, gone) in takes.windows(2).zip(gone) {
        let swallowed = (pair[1][0] - pair[0][pair[0].len() - 1]) as f64 / f64::from(RATE);
        let most = gone.as_secs_f64() + 0.5;
        assert!(swallowed < most, "{swallowed} s of music went by in {gone:?}: a dead device swallows it");
    }
}

#[test]
fn without_a_device_time_goes_on_and_a_device_that_comes_is_used() {
    let Some(rig) = Rig::new(Wiring::Plug) else { return };
    let mut playing = rig.play(player(""));
    playing.wait_for("sound device:");
    listen_for(&rig, 0.3);
    rig.unplug();
    playing.wait_for("sound device lost");
    let line = playing.wait_for("no sound device");
    assert_eq!(line, "player: no sound device: there is none; playing silently in real time and looking for one");
    sleep(Duration::from_millis(1_000));
    rig.plug();
    playing.wait_for("sound device:");
    listen_for(&rig, 0.3);
    assert!(playing.terminate().success());
    let takes: Vec<_> = rig.takes().iter().map(|take| numbers(take)).collect();
    assert_eq!(takes.len(), 2);
    takes.iter().for_each(|take| assert_unbroken(take));
    // The frame that the first device took last was rendered before the second second without a device began.
    let passed = takes[1][0] - takes[0][takes[0].len() - 1];
    assert!(passed > u64::from(RATE) * 9 / 10, "only {passed} frames passed in more than a second");
}

#[test]
fn a_set_can_start_without_a_device_and_the_terminal_stays_clean() {
    let Some(rig) = Rig::new(Wiring::Plug) else { return };
    rig.unplug();
    let mut playing = rig.play(player(""));
    playing.wait_for("no sound device: there is none");
    rig.plug();
    playing.wait_for("sound device:");
    listen_for(&rig, 0.2);
    assert!(playing.terminate().success());
    assert_unbroken(&numbers(&rig.takes()[0]));
    let said = playing.said().join("\n");
    assert!(!said.contains("ALSA"), "the ALSA library speaks to the performer:\n{said}");
    assert_eq!(said.matches("no sound device").count(), 1, "the same thing is said twice:\n{said}");
}

#[test]
fn a_device_that_hangs_is_given_up_and_another_is_opened() {
    let Some(rig) = Rig::new(Wiring::Plug) else { return };
    let mut playing = rig.play(player(""));
    playing.wait_for("sound device:");
    listen_for(&rig, 0.3);
    let hung = rig.hang();
    assert!(playing.wait_for("sound device lost").contains("it asks for no more sound"));
    playing.wait_for("sound device:");
    listen_for(&rig, 0.3);
    rig.resume(&hung);
    listen_for(&rig, 0.3);
    assert!(playing.terminate().success());
    let takes: Vec<_> = rig.takes().iter().map(|take| numbers(take)).collect();
    assert_eq!(takes.len(), 2);
    takes.iter().for_each(|take| assert_unbroken(take));
    assert_rising(&takes.concat());
}

#[test]
fn a_panic_of_the_renderer_is_told_and_the_sound_goes_on() {
    // A machine that stands still for long enough loses the device. What happens then is other tests' matter; this one
    // begins again.
    for _ in 0..5 {
        let Some(rig) = Rig::new(Wiring::Plug) else { return };
        let mut playing = rig.play(player("panics"));
        playing.wait_for("sound device:");
        assert!(playing.wait_for("panicked: ").ends_with("blocks of silence; it goes on"));
        listen_for(&rig, 0.1);
        assert!(playing.terminate().success());
        assert!(playing.said().iter().any(|line| line.contains("panics: 5")));
        let [take] = &rig.takes()[..] else { continue };
        assert_unbroken(&numbers(take));
        let sounding = inside(take);
        let silent = sounding.iter().filter(|frame| frame[1] == 0.0).count();
        assert_eq!(silent, 5 * 512);
        let panicked = sounding.iter().position(|frame| frame[1] == 0.0).expect("silence");
        assert!(panicked as u64 >= PANICS.0, "it was heard for {panicked} frames before");
        return;
    }
    panic!("no device stays for half a second");
}

#[test]
fn a_device_of_integers_gets_integers() {
    let Some(rig) = Rig::new(Wiring::Integers) else { return };
    let mut playing = rig.play(player(""));
    assert!(playing.wait_for("sound device:").contains(" i32,"));
    listen_for(&rig, 0.3);
    assert!(playing.terminate().success());
    let takes = rig.takes();
    // Frame numbers are multiples of 2^-22: 32 bits hold them exactly.
    let played = inside(&takes[0]).iter().map(|frame| (f64::from(frame[1]) * NUMBERS as f64) as u64);
    let played: Vec<u64> = played.collect();
    assert_eq!(played[0], 1);
    assert_unbroken(&played);
}

#[test]
fn the_buffer_that_was_asked_for_is_the_one_that_is_opened() {
    let Some(rig) = Rig::new(Wiring::Plug) else { return };
    let mut playing = rig.play(player("buffer=256"));
    assert!(playing.wait_for("sound device:").ends_with("256 frames (5.3 ms)"));
    assert!(playing.terminate().success());
}

#[test]
fn a_name_that_no_device_has_is_told_and_kept_looking_for() {
    let Some(rig) = Rig::new(Wiring::Plug) else { return };
    let mut playing = rig.play(player("device=theremin"));
    let line = playing.wait_for("no sound device");
    assert!(line.contains("none is called `theremin`; `aither devices` lists them"), "{line}");
    assert!(playing.terminate().success());
}

#[test]
fn a_device_without_a_clock_is_neither_listed_nor_opened() {
    let Some(rig) = Rig::new(Wiring::Plug) else { return };
    let mut playing = rig.play(player("device=null"));
    let line = playing.wait_for("no sound device");
    assert!(line.contains("`alsa:null` keeps no time"), "{line}");
    assert!(playing.terminate().success());
    let mut playing = rig.play(player("list"));
    let listed = playing.wait_for("\"id\"");
    assert!(!listed.contains("alsa:null"), "{listed}");
    assert!(listed.contains("\"id\":\"alsa:default\"") && listed.contains("\"default\":true"), "{listed}");
}

#[test]
fn a_device_that_turns_out_to_be_no_clock_never_gets_the_source() {
    let Some(rig) = Rig::new(Wiring::Clockless) else { return };
    let mut playing = rig.play(player(""));
    playing.wait_for("no sound device: `Default Audio Device` keeps no time");
    assert!(playing.terminate().success());
    let said = playing.said().join("\n");
    assert!(said.contains("devices: 0") && !said.contains("sound device: Default"), "{said}");
}

#[test]
fn stopping_brings_the_source_home_with_all_it_has_played() {
    struct Counted(u64, crossbeam_channel::Sender<u64>);
    impl Source for Counted {
        fn render(&mut self, out: &mut [f32], channels: usize) {
            self.0 += (out.len() / channels) as u64;
        }

        fn is_under_way(&self) -> bool {
            self.0 > 0
        }
    }
    impl Drop for Counted {
        fn drop(&mut self) {
            self.1.send(self.0).unwrap();
        }
    }
    let (tell, told) = crossbeam_channel::unbounded();
    let (dropped, frames) = crossbeam_channel::bounded(1);
    let settings = Settings { device: Some("a device nobody has".into()), ..Settings::default() };
    let plan = device::probe(&settings);
    let playback = device::start(settings, plan, Box::new(Counted(0, dropped)), tell).unwrap();
    until("the null clock", || (playback.counters().read().frames > 4_800).then_some(()));
    let counters = playback.counters().clone();
    drop(playback.stop().expect("the source"));
    let Counts { frames: counted, callbacks, devices, .. } = counters.read();
    assert_eq!(frames.recv().unwrap(), counted);
    assert_eq!((callbacks, devices), (0, 0));
    assert!(told.try_recv().unwrap().to_string().starts_with("no sound device"));
}

#[test]
fn a_description_of_a_device_is_plain_json() {
    let description = DeviceDescription {
        id: "alsa:default".into(),
        name: "Loudspeaker".into(),
        default: true,
        channels: vec![1, 2],
        rates: vec![[44_100, 48_000]],
        buffer: Some([64, 8_192]),
        formats: vec!["f32".into()],
        problem: None,
    };
    assert_eq!(
        serde_json::to_string(&description).unwrap(),
        r#"{"id":"alsa:default","name":"Loudspeaker","default":true,"channels":[1,2],"rates":[[44100,48000]],"buffer":[64,8192],"formats":["f32"],"problem":null}"#
    );
}

#[test]
fn a_device_of_another_rate_is_resampled_and_the_source_goes_on_when_one_of_its_own_rate_comes() {
    let Some(rig) = Rig::new(Wiring::Plug) else { return };
    // The lowest rate that ALSA converts is 4000 Hz, so a source of 3000 Hz meets a device that cannot play it.
    rig.turn_into(Wiring::Plug, 4_000);
    let mut playing = rig.play(player("rate=3000 buffer=256"));
    let line = playing.wait_for("sound device:");
    let words =
        "player: sound device: Default Audio Device, 4000 Hz resampled from 3000 Hz (129.0 ms more), 2 channels, f32";
    assert!(line.starts_with(words), "{line}");
    let sounding = |take: &[[f32; 2]]| take.iter().filter(|frame| frame[1] != 0.0).count();
    until("the device to hear it", || (sounding(&rig.now()) > 6_000).then_some(()));
    rig.turn_into(Wiring::Integers, 3_000);
    rig.kill();
    playing.wait_for("sound device lost");
    assert!(playing.wait_for("sound device:").contains(", 3000 Hz, 2 channels, i32"));
    until("the device to hear it", || (sounding(&rig.now()) > 3_000).then_some(()));
    assert!(playing.terminate().success());
    let takes = rig.takes();
    assert_eq!(takes.len(), 2, "{}", playing.said().join("\n"));

    // What was 440 Hz at 48 000 is 27.5 Hz at 3000, at whatever rate it is heard.
    let (hz, heard) = (HZ as f64 / 16.0, inside(&takes[0]));
    let settled = &heard[1_000..];
    let tone = listen::channel(settled, 0);
    assert_eq!(listen::breaks(&tone, hz, 4_000.0, 2e-6), [0; 0]);
    let (amplitude, _) = listen::partial(&tone, hz, 4_000.0);
    assert!((amplitude - 0.25).abs() < 1e-3, "{amplitude}");
    let number = |frame: &[f32; 2]| f64::from(frame[1]) * NUMBERS as f64 - 1.0;
    let (first, last) = (number(&settled[0]), number(&settled[settled.len() - 1]));
    let passed = 0.75 * (settled.len() - 1) as f64;
    assert!((last - first - passed).abs() < 1.0, "{passed} frames passed, from {first} to {last}");

    // The next device plays the source as it is, after the way up of fifteen frames, and later.
    let played: Vec<u64> = inside(&takes[1])[15..].iter().map(|frame| number(frame).round() as u64).collect();
    assert_unbroken(&played);
    assert!(played[0] as f64 > last && (played[0] as f64) < last + 9_000.0, "{last}, then {}", played[0]);
}

#[test]
fn a_process_that_was_stopped_says_so_once_and_goes_on_where_it_was() {
    let Some(rig) = Rig::new(Wiring::Plug) else { return };
    let mut playing = rig.play(player(""));
    playing.wait_for("sound device:");
    listen_for(&rig, 0.3);
    signal(playing.pid(), libc::SIGSTOP);
    sleep(Duration::from_millis(2_600));
    signal(playing.pid(), libc::SIGCONT);
    let line = playing.wait_for("the machine stood still for ");
    assert!(line.ends_with(" s; the set goes on where it was"), "{line}");
    let then = rig.taken();
    listen_for(&rig, 1.5);
    assert!(rig.taken() < then + 3 * RATE as usize, "a burst");
    assert!(playing.terminate().success());
    let said = playing.said().join("\n");
    assert_eq!(said.matches("stood still").count(), 1, "{said}");
    assert!(!said.contains("dropouts"), "{said}");
    let played: Vec<_> = rig.takes().iter().map(|take| numbers(take)).collect();
    played.iter().for_each(|take| assert_unbroken(take));
    assert_rising(&played.concat());
}
