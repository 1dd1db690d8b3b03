use std::fs::{self, DirBuilder, Permissions};
use std::io::{Read, Write};
use std::os::unix::fs::{DirBuilderExt, FileTypeExt, MetadataExt, PermissionsExt, chown, symlink};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use super::*;
use crate::declare::{self, Declared, Environment, Host};
use crate::error::ErrorType;
use crate::log::{Level, Sink};
use crate::resolved::{Resolved, Variable};
use crate::secret::SecretValue;

const QUIET: Log = Log { level: Level::Error, sink: Sink::Stderr };

/// As the pipeline does, with nothing in between.
fn deliver(approved: &Approved) -> Result<Delivered, Refusal> {
    let declared = approved.declared();
    super::deliver(approved, Prepared::make(&declared.settings, declared.delivery)?)
}

fn swept(declared: &Declared) -> Result<(), Refusal> {
    sweep(&declared.settings, declared.delivery)
}

/// A private directory of one test, with `run` in it for a run directory.
struct Home(PathBuf);

impl Home {
    fn new() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let path = PathBuf::from(format!("/tmp/vestry-deliver-test-{}-{number}", std::process::id()));
        DirBuilder::new().mode(0o700).create(&path).unwrap();
        Self(path)
    }

    fn join(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    fn make_run_dir(&self, mode: u32) -> PathBuf {
        let path = self.join("run");
        DirBuilder::new().mode(mode).create(&path).unwrap();
        fs::set_permissions(&path, Permissions::from_mode(mode)).unwrap();
        path
    }

    fn declared(&self, delivery: Delivery, settings: &[(&str, &str)]) -> Declared {
        let mut environment: Environment = settings.iter().copied().collect();
        environment.set("VESTRY_RUN_DIR", self.join("run"));
        environment.set("DB", "ssm:/db");
        environment.set("GONE", "ssm:/gone?optional");
        declare::read(&environment, &Host::with_delivery(delivery)).unwrap()
    }

    fn approved(&self, delivery: Delivery, settings: &[(&str, &str)], value: &[u8]) -> Approved {
        let value = SecretValue::from(value.to_vec());
        let variables = vec![Variable { name: "DB".into(), value }];
        let resolved = Resolved { variables, absent: vec!["GONE".into()], ..Resolved::default() };
        Approved::for_test(self.declared(delivery, settings), resolved)
    }

    fn refused(&self, delivery: Delivery, settings: &[(&str, &str)]) -> Refusal {
        let refusal = deliver(&self.approved(delivery, settings, b"s3cret")).err().expect("it is refused");
        assert!(!refusal.to_string().contains("s3cret"));
        refusal
    }
}

impl Drop for Home {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn mode(path: &Path) -> u32 {
    fs::symlink_metadata(path).unwrap().mode() & 0o7777
}

fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

/// Takes the message on a thread of its own, as another process would.
async fn take_from(path: PathBuf) -> Result<take::Taken, crate::error::Problem> {
    let deadline = Instant::now() + Duration::from_secs(20);
    tokio::task::spawn_blocking(move || take::take(&path, deadline)).await.unwrap()
}

async fn handed_over(delivered: &mut Delivered, readers: usize, run_dir: &Path) -> Vec<take::Taken> {
    let reading: Vec<_> = (0..readers).map(|_| tokio::spawn(take_from(run_dir.into()))).collect();
    delivered.hand_over(&QUIET).await;
    let mut taken = Vec::new();
    for reader in reading {
        taken.push(reader.await.unwrap().unwrap());
    }
    taken
}

#[tokio::test]
async fn a_reader_takes_the_values_and_then_the_socket_is_gone() {
    let place = Home::new();
    let run_dir = place.join("run");
    let mut delivered = deliver(&place.approved(Delivery::Socket, &[], b"s3cret\xff")).unwrap();
    assert_eq!(mode(&run_dir), 0o700);
    assert_eq!(mode(&run_dir.join("socket")), 0o600);

    let taken = handed_over(&mut delivered, 1, &run_dir).await;
    let changes = taken[0].changes();
    assert_eq!(changes.set, [("DB", &b"s3cret\xff"[..])]);
    assert_eq!(changes.removed, ["GONE"]);
    assert_eq!(fs::read_dir(&run_dir).unwrap().count(), 0);
    assert!(delivered.socket.is_none(), "the values are wiped");

    delivered.remove();
    assert!(!run_dir.exists());
    delivered.remove();
}

#[tokio::test]
async fn a_message_larger_than_any_buffer_arrives_whole() {
    let place = Home::new();
    let value = b"0123456789abcdef".repeat(1 << 18);
    let mut delivered = deliver(&place.approved(Delivery::Socket, &[], &value)).unwrap();
    let taken = handed_over(&mut delivered, 1, &place.join("run")).await;
    assert!(taken[0].changes().set[0].1 == value);
}

#[tokio::test]
async fn as_many_readers_as_are_expected_take_it() {
    let place = Home::new();
    let settings = [("VESTRY_SOCKET_READERS", "3")];
    let mut delivered = deliver(&place.approved(Delivery::Socket, &settings, b"v")).unwrap();
    let two = handed_over_in_part(&mut delivered, 2, &place.join("run")).await;
    assert_eq!(two, 2);
    assert!(place.join("run/socket").exists());
    handed_over(&mut delivered, 1, &place.join("run")).await;
    assert!(!place.join("run/socket").exists());
}

/// Serves until this many have taken it, then lets go of the half-done hand-over.
async fn handed_over_in_part(delivered: &mut Delivered, readers: usize, run_dir: &Path) -> usize {
    let mut taken = 0;
    for _ in 0..readers {
        tokio::select! {
            one = take_from(run_dir.into()) => taken += one.map(|_| 1).unwrap(),
            () = delivered.hand_over(&QUIET) => panic!("too early"),
        }
    }
    taken
}

#[tokio::test]
async fn readers_that_stall_or_die_neither_count_nor_block() {
    let place = Home::new();
    let run_dir = place.join("run");
    let value = vec![b'v'; 1 << 20];
    let mut delivered = deliver(&place.approved(Delivery::Socket, &[], &value)).unwrap();
    let connect = || UnixStream::connect(run_dir.join("socket")).unwrap();

    let stalled = connect();
    drop(connect());
    let half = connect();
    let dying = std::thread::spawn(move || (&half).read_exact(&mut [0; 64]).unwrap());
    tokio::select! {
        () = async { while !dying.is_finished() { tokio::time::sleep(Duration::from_millis(1)).await } } => {}
        () = delivered.hand_over(&QUIET) => panic!("a reader that died was counted"),
    }
    // Time for the server to see what became of them.
    tokio::select! {
        () = tokio::time::sleep(Duration::from_millis(20)) => {}
        () = delivered.hand_over(&QUIET) => panic!("a reader that died was counted"),
    }
    let taken = handed_over(&mut delivered, 1, &run_dir).await;
    assert!(taken[0].changes().set[0].1 == value);
    drop(stalled);
}

#[tokio::test]
async fn a_reader_that_leaves_the_last_byte_unread_does_not_count() {
    let place = Home::new();
    let mut delivered = deliver(&place.approved(Delivery::Socket, &[], b"v")).unwrap();
    let mut stream = UnixStream::connect(place.join("run/socket")).unwrap();
    let whole = b"vestry/1\0\0\0\x0aDB=v\0GONE\0".len();
    let reading = std::thread::spawn(move || stream.read_exact(&mut vec![0; whole - 1]).unwrap());
    tokio::select! {
        () = async { while !reading.is_finished() { tokio::time::sleep(Duration::from_millis(1)).await } } => {}
        () = delivered.hand_over(&QUIET) => panic!("it was counted"),
    }
    tokio::select! {
        () = tokio::time::sleep(Duration::from_millis(20)) => {}
        () = delivered.hand_over(&QUIET) => panic!("it was counted"),
    }
    assert_eq!(handed_over(&mut delivered, 1, &place.join("run")).await.len(), 1);
}

#[tokio::test]
async fn a_process_of_another_user_gets_no_byte() {
    if !is_root() {
        return; // Only root can become another user.
    }
    let place = Home::new();
    let mut delivered = deliver(&place.approved(Delivery::Socket, &[], b"s3cret")).unwrap();
    // As if the modes had failed to keep it out: the check of the peer stands for itself.
    fs::set_permissions(&place.0, Permissions::from_mode(0o711)).unwrap();
    fs::set_permissions(place.join("run"), Permissions::from_mode(0o711)).unwrap();
    fs::set_permissions(place.join("run/socket"), Permissions::from_mode(0o666)).unwrap();
    let script = "import os, socket, sys\n\
                  os.setuid(65534)\n\
                  s = socket.socket(socket.AF_UNIX)\n\
                  s.connect(sys.argv[1])\n\
                  try: print(len(s.recv(1)), end='')\n\
                  except ConnectionResetError: print(0, end='')\n";
    let path = place.join("run/socket");
    let reading = tokio::task::spawn_blocking(move || {
        std::process::Command::new("python3").args(["-c", script]).arg(path).output().unwrap()
    });
    tokio::select! {
        output = reading => assert_eq!(String::from_utf8(output.unwrap().stdout).unwrap(), "0"),
        () = delivered.hand_over(&QUIET) => panic!("it was counted"),
    }
    fs::set_permissions(place.join("run"), Permissions::from_mode(0o700)).unwrap();
    assert_eq!(handed_over(&mut delivered, 1, &place.join("run")).await.len(), 1);
}

#[tokio::test]
async fn a_verdict_is_an_empty_message() {
    let place = Home::new();
    let environment: Environment = [("VESTRY_RUN_DIR", place.join("run"))].into_iter().collect();
    let declared = declare::read(&environment, &Host::with_delivery(Delivery::Verdict)).unwrap();
    let declared = Declared { delivery: Delivery::Verdict, ..declared };
    let mut delivered = deliver(&Approved::for_test(declared, Resolved::default())).unwrap();
    let taken = handed_over(&mut delivered, 1, &place.join("run")).await;
    let changes = taken[0].changes();
    assert!(changes.set.is_empty() && changes.removed.is_empty());
}

#[tokio::test]
async fn what_a_crash_left_is_gone_at_the_next_start() {
    let place = Home::new();
    let run_dir = place.make_run_dir(0o700);
    drop(UnixListener::bind(run_dir.join("socket")).unwrap());
    fs::write(run_dir.join("env"), "OLD=1").unwrap();
    fs::write(run_dir.join(".env.vestry"), "OLD=").unwrap();
    swept(&place.declared(Delivery::Socket, &[])).unwrap();
    assert_eq!(fs::read_dir(&run_dir).unwrap().count(), 0);

    // A crash leaves the file, and the note in the run directory of which one it is; whatever is delivered next.
    let file = place.join("values");
    let settings = [("VESTRY_FILE", file.to_str().unwrap())];
    for (delivery, settings) in [(Delivery::File, &settings[..]), (Delivery::Socket, &[])] {
        let approved = place.approved(Delivery::File, &[("VESTRY_FILE", file.to_str().unwrap())], b"old");
        std::mem::forget(deliver(&approved).unwrap().file);
        let stat = fs::metadata(&file).unwrap();
        fs::create_dir_all(&run_dir).unwrap();
        fs::set_permissions(&run_dir, Permissions::from_mode(0o700)).unwrap();
        let note = format!("{} {}\n{}", stat.dev(), stat.ino(), file.display());
        fs::write(run_dir.join("file"), note).unwrap();
        swept(&place.declared(delivery, settings)).unwrap();
        assert!(!file.exists() && !run_dir.join("file").exists());
    }
    fs::write(place.join(".values.vestry"), "OLD=").unwrap();
    swept(&place.declared(Delivery::File, &settings)).unwrap();
    assert!(!place.join(".values.vestry").exists());
}

#[tokio::test]
async fn what_is_only_prepared_hands_nothing_out_and_goes() {
    for delivery in [Delivery::Socket, Delivery::Verdict, Delivery::File] {
        let place = Home::new();
        let run_dir = place.join("run");
        let prepared = Prepared::make(&place.declared(Delivery::Socket, &[]).settings, delivery).unwrap();
        assert!(run_dir.exists() && !run_dir.join("env").exists());
        let reader = UnixStream::connect(run_dir.join("socket"));
        assert_eq!(reader.is_ok(), delivery != Delivery::File);
        drop(prepared);
        let mut taken = Vec::new();
        let _ = reader.map(|mut reader| reader.read_to_end(&mut taken));
        assert_eq!(taken, b"");
        assert!(!run_dir.exists());
    }
}

#[tokio::test]
async fn a_file_of_somebodys_own_is_neither_removed_nor_replaced() {
    let place = Home::new();
    let file = place.join(".env");
    fs::write(&file, "MINE=1").unwrap();
    let settings = [("VESTRY_FILE", file.to_str().unwrap())];
    let run_dir = place.make_run_dir(0o700);
    for note in ["", "1 2", "not a note"] {
        fs::write(run_dir.join("file"), note).unwrap();
        for refusal in [
            swept(&place.declared(Delivery::File, &settings)).unwrap_err(),
            place.refused(Delivery::File, &settings),
        ] {
            assert_eq!(refusal.error_type(), ErrorType::UnsafeRunDirectory);
            assert!(refusal.to_string().contains("Vestry did not make it; name another file"), "{refusal}");
        }
        assert_eq!(fs::read_to_string(&file).unwrap(), "MINE=1");
    }
}

#[tokio::test]
async fn a_run_directory_in_use_is_refused_and_left_to_the_other() {
    let place = Home::new();
    let mut first = deliver(&place.approved(Delivery::Socket, &[], b"first")).unwrap();
    for delivery in [Delivery::Socket, Delivery::File] {
        let refusal = swept(&place.declared(delivery, &[])).unwrap_err();
        assert_eq!(refusal.error_type(), ErrorType::UnsafeRunDirectory);
        assert!(deliver(&place.approved(delivery, &[], b"second")).is_err());
    }
    let taken = handed_over(&mut first, 1, &place.join("run")).await;
    assert_eq!(taken[0].changes().set, [("DB", &b"first"[..])]);
    first.remove();
    deliver(&place.approved(Delivery::Socket, &[], b"second")).unwrap();
}

#[tokio::test]
async fn to_prepare_makes_nothing() {
    let place = Home::new();
    for delivery in [Delivery::Socket, Delivery::File, Delivery::Exec] {
        swept(&place.declared(delivery, &[])).unwrap();
    }
    assert_eq!(fs::read_dir(&place.0).unwrap().count(), 0);
}

#[tokio::test]
async fn an_unsafe_run_directory_is_refused_and_left_as_it_was() {
    type Spoil = fn(&Home);
    let cases: [(&str, Spoil); 7] = [
        ("is a link, or no directory", |place| {
            fs::create_dir(place.join("elsewhere")).unwrap();
            symlink(place.join("elsewhere"), place.join("run")).unwrap();
        }),
        ("is a link, or no directory", |place| fs::write(place.join("run"), "").unwrap()),
        ("is 0755, not 0700", |place| {
            place.make_run_dir(0o755);
        }),
        ("is 0770, not 0700", |place| {
            place.make_run_dir(0o770);
        }),
        ("others may write to", |place| {
            fs::set_permissions(&place.0, Permissions::from_mode(0o777)).unwrap();
        }),
        ("socket is a link", |place| {
            symlink("/etc/passwd", place.make_run_dir(0o700).join("socket")).unwrap();
        }),
        ("socket is something else than Vestry puts there", |place| {
            fs::write(place.make_run_dir(0o700).join("socket"), "precious").unwrap();
        }),
    ];
    for (why, spoil) in cases {
        let place = Home::new();
        spoil(&place);
        let before = listing(&place.0);
        let refusal = place.refused(Delivery::Socket, &[]);
        assert_eq!(refusal.error_type(), ErrorType::UnsafeRunDirectory, "{refusal}");
        assert!(refusal.to_string().contains(why), "{why}: {refusal}");
        assert!(refusal.problems()[0].advice.len() > 5, "{refusal}");
        assert_eq!(listing(&place.0), before);
    }
}

#[tokio::test]
async fn a_sticky_directory_may_be_shared() {
    let place = Home::new();
    fs::set_permissions(&place.0, Permissions::from_mode(0o1777)).unwrap();
    deliver(&place.approved(Delivery::Socket, &[], b"v")).unwrap();
}

#[tokio::test]
async fn what_belongs_to_another_user_is_refused() {
    if !is_root() {
        return; // Only root can make something another user's.
    }
    let place = Home::new();
    let run_dir = place.make_run_dir(0o700);
    let socket = run_dir.join("socket");
    drop(UnixListener::bind(&socket).unwrap());
    for path in [&socket, &run_dir, &place.0] {
        chown(path, Some(65533), Some(65533)).unwrap();
        let refusal = place.refused(Delivery::Socket, &[]);
        assert_eq!(refusal.error_type(), ErrorType::UnsafeRunDirectory);
        assert!(
            refusal.to_string().contains(&format!("{} belongs to another user", path.display())),
            "{refusal}"
        );
        assert!(socket.symlink_metadata().unwrap().file_type().is_socket());
        chown(path, Some(0), Some(0)).unwrap();
    }
}

#[tokio::test]
async fn a_socket_that_came_in_its_place_is_not_removed() {
    let place = Home::new();
    let socket = place.join("run/socket");
    let mut first = deliver(&place.approved(Delivery::Socket, &[], b"v")).unwrap();
    fs::remove_file(&socket).unwrap();
    let _others = UnixListener::bind(&socket).unwrap();
    first.remove();
    assert!(socket.exists());
}

#[tokio::test]
async fn the_file_is_the_owners_alone_and_gone_in_the_end() {
    let place = Home::new();
    let mut delivered = deliver(&place.approved(Delivery::File, &[], b"s3cret")).unwrap();
    let file = place.join("run/env");
    assert_eq!((mode(&place.join("run")), mode(&file)), (0o700, 0o600));
    assert_eq!(fs::read_to_string(&file).unwrap(), "DB='s3cret'\n");
    assert_eq!(listing(&place.join("run")), ["env"]);
    delivered.hand_over(&QUIET).await;
    assert!(file.exists());
    delivered.remove();
    assert_eq!(listing(&place.0), [""; 0]);
}

#[tokio::test]
async fn the_file_may_be_elsewhere() {
    let place = Home::new();
    let file = place.join("values.json");
    let settings = [("VESTRY_FILE", file.to_str().unwrap()), ("VESTRY_FILE_FORMAT", "json")];
    let delivered = deliver(&place.approved(Delivery::File, &settings, b"s3cret")).unwrap();
    assert_eq!(mode(&file), 0o600);
    assert_eq!(fs::read_to_string(&file).unwrap(), "{\"DB\":\"s3cret\"}\n");
    drop(delivered);
    assert_eq!(listing(&place.0), [""; 0]);
}

#[tokio::test]
async fn a_file_that_came_in_its_place_is_not_removed() {
    let place = Home::new();
    let mut delivered = deliver(&place.approved(Delivery::File, &[], b"v")).unwrap();
    let file = place.join("run/env");
    fs::write(place.join("run/other"), "theirs").unwrap();
    fs::rename(place.join("run/other"), &file).unwrap();
    delivered.remove();
    assert_eq!(fs::read_to_string(&file).unwrap(), "theirs");
}

#[tokio::test]
async fn a_file_is_never_written_through_a_link_nor_over_what_is_not_ours() {
    type Spoil = fn(&Home);
    let cases: [(&str, Spoil); 5] = [
        ("values is a link", |place| symlink(place.join("victim"), place.join("dir/values")).unwrap()),
        ("values is something else", |place| fs::create_dir(place.join("dir/values")).unwrap()),
        (".values.vestry is a link", |place| {
            symlink(place.join("victim"), place.join("dir/.values.vestry")).unwrap();
        }),
        ("dir is a link, or no directory", |place| {
            fs::rename(place.join("dir"), place.join("real")).unwrap();
            symlink("real", place.join("dir")).unwrap();
        }),
        ("others may write to", |place| {
            fs::set_permissions(place.join("dir"), Permissions::from_mode(0o777)).unwrap();
        }),
    ];
    for (why, spoil) in cases {
        let place = Home::new();
        fs::create_dir(place.join("dir")).unwrap();
        fs::write(place.join("victim"), "precious").unwrap();
        spoil(&place);
        let before = listing(&place.join("dir"));
        let refusal =
            place.refused(Delivery::File, &[("VESTRY_FILE", place.join("dir/values").to_str().unwrap())]);
        assert_eq!(refusal.error_type(), ErrorType::UnsafeRunDirectory, "{refusal}");
        assert!(refusal.to_string().contains(why), "{why}: {refusal}");
        assert_eq!(fs::read_to_string(place.join("victim")).unwrap(), "precious");
        assert_eq!(listing(&place.join("dir")), before);
    }
}

#[tokio::test]
async fn another_users_file_is_neither_removed_nor_replaced() {
    if !is_root() {
        return; // Only root can make something another user's.
    }
    let place = Home::new();
    fs::write(place.join("values"), "theirs").unwrap();
    chown(place.join("values"), Some(65533), None).unwrap();
    let refusal = place.refused(Delivery::File, &[("VESTRY_FILE", place.join("values").to_str().unwrap())]);
    assert_eq!(refusal.error_type(), ErrorType::UnsafeRunDirectory);
    assert_eq!(fs::read_to_string(place.join("values")).unwrap(), "theirs");
}

#[tokio::test]
async fn a_directory_that_is_not_there_is_told() {
    let place = Home::new();
    let refusal =
        place.refused(Delivery::File, &[("VESTRY_FILE", place.join("no/values").to_str().unwrap())]);
    assert_eq!(refusal.error_type(), ErrorType::Undeliverable);
    assert!(refusal.to_string().contains("VESTRY_FILE: there is no directory"), "{refusal}");
}

#[tokio::test]
async fn a_value_that_no_variable_can_hold_is_refused_before_anything_is_made() {
    let place = Home::new();
    for delivery in [Delivery::Socket, Delivery::File] {
        let refusal = deliver(&place.approved(delivery, &[], b"s3c\0ret")).err().unwrap();
        assert_eq!(refusal.error_type(), ErrorType::Undeliverable);
        assert_eq!(refusal.problems()[0].variable.as_deref(), Some("DB"));
    }
    let refusal = deliver(&place.approved(Delivery::File, &[], b"s3c\rret")).err().unwrap();
    assert!(refusal.to_string().contains("VESTRY_FILE_FORMAT=json"), "{refusal}");
    assert_eq!(listing(&place.0), [""; 0]);
}

#[tokio::test]
async fn where_there_is_nothing_to_deliver_nothing_is_made() {
    let place = Home::new();
    let mut delivered = deliver(&place.approved(Delivery::Exec, &[], b"v")).unwrap();
    delivered.hand_over(&QUIET).await;
    delivered.remove();
    assert_eq!(listing(&place.0), [""; 0]);
}

#[test]
fn the_command_gets_the_values_and_loses_the_references() {
    let place = Home::new();
    let approved = place.approved(Delivery::Exec, &[], b"v");
    let own = [("DB", "ssm:/db"), ("GONE", "ssm:/gone?optional"), ("VESTRY_LOG", "debug"), ("PLAIN", "x")];
    let (environment, _) = exec::environment(&approved, &own.into_iter().collect()).unwrap();
    let mut pairs: Vec<_> =
        environment.iter().map(|(n, v)| (n.to_str().unwrap(), v.to_str().unwrap())).collect();
    pairs.sort_unstable();
    assert_eq!(pairs, [("DB", "v"), ("PLAIN", "x")]);
}

/// The names in a directory, sorted.
fn listing(path: &Path) -> Vec<String> {
    let entries = fs::read_dir(path).unwrap();
    let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort_unstable();
    names
}

#[tokio::test]
async fn a_reader_that_talks_is_served_all_the_same() {
    let place = Home::new();
    let mut delivered = deliver(&place.approved(Delivery::Socket, &[], b"v")).unwrap();
    let mut stream = UnixStream::connect(place.join("run/socket")).unwrap();
    stream.write_all(b"GET / HTTP/1.1\r\n\r\n").unwrap();
    let reading = tokio::task::spawn_blocking(move || {
        let mut message = Vec::new();
        stream.read_to_end(&mut message).unwrap();
        message
    });
    delivered.hand_over(&QUIET).await;
    assert_eq!(reading.await.unwrap(), b"vestry/1\0\0\0\x0aDB=v\0GONE\0");
}
