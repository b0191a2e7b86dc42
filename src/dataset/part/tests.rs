//! What stays of a fetch, and who may write it.

use super::*;
use std::io::Write as _;

fn url() -> Url {
    Url::parse("http://h/x?token=secret").unwrap()
}

fn proof() -> Validator {
    Validator::Etag {
        tag: "\"1\"".into(),
    }
}

#[tokio::test]
async fn a_part_resumes_only_with_proof_of_the_same_url() {
    let folder = tempfile::tempdir().unwrap();
    let destination = folder.path().join("x.csv");
    let mut part = Part::open(&destination, false).await.unwrap();
    assert!(part.resume(&url()).unwrap().is_none());
    part.restart(&url(), Some(proof())).unwrap();
    (&*part.writer(0).unwrap()).write_all(b"abc").unwrap();
    drop(part);
    assert!(resumable(&destination, &url()));
    let other = Url::parse("http://h/y").unwrap();
    assert!(!resumable(&destination, &other));
    let part = Part::open(&destination, false).await.unwrap();
    assert_eq!(part.resume(&url()).unwrap().unwrap().offset, 3);
    assert!(part.resume(&other).unwrap_err().contains("another URL"));
    part.distrust(&url());
    assert!(part.resume(&url()).unwrap_err().contains("nothing proves"));
    let meta = fs::read_to_string(folder.path().join("x.csv.part.meta")).unwrap();
    assert!(!meta.contains("secret"));
}

#[tokio::test]
async fn what_a_killed_run_left_is_taken_away() {
    let folder = tempfile::tempdir().unwrap();
    let destination = folder.path().join("x");
    let meta = folder.path().join("x.part.meta");
    let mut part = Part::open(&destination, false).await.unwrap();
    part.restart(&url(), Some(proof())).unwrap();
    (&*part.writer(0).unwrap()).write_all(b"abc").unwrap();
    // Of a run that goes on nothing is touched.
    tidy(&destination);
    assert!(meta.exists());
    fs::rename(folder.path().join("x.part"), &destination).unwrap();
    tidy(&destination);
    assert!(!meta.exists() && destination.exists());
    // What only has the name stays.
    fs::write(&meta, "mine").unwrap();
    tidy(&destination);
    assert!(meta.exists());
}

#[tokio::test]
async fn one_run_at_a_time() {
    let folder = tempfile::tempdir().unwrap();
    let destination = folder.path().join("x");
    let _held = Part::open(&destination, false).await.unwrap();
    let error = Part::open(&destination, true).await.unwrap_err();
    assert!(error.to_string().contains("another run is writing it"));
}

#[tokio::test]
async fn a_write_that_outlives_its_run_is_waited_for() {
    let folder = tempfile::tempdir().unwrap();
    let destination = folder.path().join("x");
    let mut part = Part::open(&destination, false).await.unwrap();
    part.restart(&url(), Some(proof())).unwrap();
    let file = part.writer(0).unwrap();
    drop(part);
    assert!(Part::try_open(&destination, false).unwrap().is_none());
    let (next, ()) = tokio::join!(Part::open(&destination, false), async {
        tokio::task::spawn_blocking(move || (&*file).write_all(b"abc").unwrap())
            .await
            .unwrap();
    });
    let resume = next.unwrap().resume(&url()).unwrap();
    assert_eq!(resume.unwrap().offset, 3);
}

#[tokio::test]
async fn the_final_name_is_never_taken_from_another_file() {
    let folder = tempfile::tempdir().unwrap();
    let destination = folder.path().join("x");
    let mut part = Part::open(&destination, false).await.unwrap();
    part.restart(&url(), None).unwrap();
    (&*part.writer(0).unwrap()).write_all(b"new").unwrap();
    fs::write(&destination, "old").unwrap();
    assert!(part.finish(None, false, false).is_err());
    assert_eq!(fs::read_to_string(&destination).unwrap(), "old");
    let part = Part::open(&destination, false).await.unwrap();
    part.finish(None, true, true).unwrap();
    assert_eq!(fs::read_to_string(&destination).unwrap(), "new");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[tokio::test]
async fn nothing_stays_of_a_request_that_gave_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let mut part = Part::open(&folder.path().join("x"), false).await.unwrap();
    part.restart(&url(), None).unwrap();
    drop(part);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[tokio::test]
async fn a_part_that_is_not_ours_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let destination = folder.path().join("x");
    fs::write(folder.path().join("x.part"), "precious").unwrap();
    let error = Part::open(&destination, false).await.unwrap_err();
    assert!(error.hint().unwrap().contains("no fetch of this program"));
    let kept = fs::read_to_string(folder.path().join("x.part")).unwrap();
    assert_eq!(kept, "precious");
    Part::open(&destination, true).await.unwrap();
}

#[tokio::test]
async fn what_took_the_place_of_the_part_does_not_get_the_final_name() {
    let folder = tempfile::tempdir().unwrap();
    let destination = folder.path().join("x");
    let mut part = Part::open(&destination, false).await.unwrap();
    part.restart(&url(), None).unwrap();
    fs::write(folder.path().join("other"), "other").unwrap();
    fs::rename(folder.path().join("other"), part.path()).unwrap();
    part.finish(None, true, false).unwrap_err();
    assert!(!destination.exists());
}
