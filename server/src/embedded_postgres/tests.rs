//! The private Postgres through crashes, with the machine's own binaries.

use std::{os::unix::fs::PermissionsExt, path::Path, time::Duration};

use nix::{sys::signal, unistd::Pid};

use super::{EmbeddedPostgres, EmbeddedPostgresError, paths::Paths, url_of};

async fn until(what: &str, condition: impl Fn() -> bool) {
    for _ in 0..1_000 {
        if condition() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("{what} did not happen");
}

fn is_running(pid: i32) -> bool {
    signal::kill(Pid::from_raw(pid), None).is_ok()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn is_made_adopted_restarted_and_stopped() {
    let data_dir = tempfile::tempdir().unwrap();
    // Open to the account that runs Postgres for root, so that everything stays inside and is removed with it.
    std::fs::set_permissions(data_dir.path(), std::fs::Permissions::from_mode(0o755)).unwrap();
    let first = EmbeddedPostgres::start(data_dir.path()).await.unwrap();
    let pid = first.pid().unwrap();

    assert!(
        matches!(
            EmbeddedPostgres::start(data_dir.path()).await,
            Err(EmbeddedPostgresError::InUse(_))
        ),
        "a second server must not share the directory"
    );

    // A server that is killed leaves it running; the next one takes it over.
    drop(first);
    assert!(is_running(pid));
    let second = EmbeddedPostgres::start(data_dir.path()).await.unwrap();
    assert_eq!(second.pid(), Some(pid));

    // It dies; the watchdog brings another one up.
    signal::kill(Pid::from_raw(pid), signal::SIGKILL).unwrap();
    until("a restart", || second.pid().is_some_and(|new| new != pid)).await;
    let restarted = second.pid().unwrap();
    second.stop().await;
    until("the end", || !is_running(restarted)).await;
}

#[test]
fn a_socket_path_is_a_host_in_the_address() {
    let url = url_of(Path::new("/var/run dir"));
    assert_eq!(url, "postgresql://ferry@%2Fvar%2Frun%20dir/ferry");
}

#[test]
fn a_data_directory_keeps_its_cluster_when_it_is_opened_later() {
    let data_dir = tempfile::tempdir().unwrap();
    std::fs::set_permissions(data_dir.path(), std::fs::Permissions::from_mode(0o700)).unwrap();
    let first = Paths::choose(data_dir.path()).unwrap();
    std::fs::set_permissions(data_dir.path(), std::fs::Permissions::from_mode(0o755)).unwrap();
    let second = Paths::choose(data_dir.path()).unwrap();
    assert_eq!(first.cluster, second.cluster);
    let is_inside = first
        .cluster
        .starts_with(data_dir.path().canonicalize().unwrap());
    assert_eq!(is_inside, !nix::unistd::Uid::effective().is_root());
    assert!(first.socket_dir.as_os_str().len() <= 90);
    for folder in [&first.home, &first.socket_dir] {
        let mode = std::fs::metadata(folder).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o700, "{}", folder.display());
    }
    if !is_inside {
        std::fs::remove_dir_all(&first.home).unwrap();
    }
}
