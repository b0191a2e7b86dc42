use super::*;
use crate::dataset::Checksum;
use std::io::Read as _;
use std::sync::Arc;

/// A reader that gives pieces of these lengths, `None` for nothing at the moment. Bytes that wait
/// in the buffer end that by their patience; of an empty buffer the reader must wake.
fn pieces(
    lengths: Vec<Option<usize>>,
) -> impl FnMut(&mut Context<'_>, &mut ReadBuf<'_>) -> Poll<Result<Step>> + use<> {
    let mut lengths = lengths.into_iter();
    let mut next = 0_u8;
    let mut left = 0;
    move |cx, buf| {
        if left == 0 {
            left = match lengths.next() {
                Some(Some(length)) => length,
                Some(None) => {
                    if buf.remaining() == PIECE {
                        cx.waker().wake_by_ref();
                    }
                    return Poll::Pending;
                }
                None => return Poll::Ready(Ok(Step::End)),
            };
        }
        let taken = left.min(buf.remaining());
        for _ in 0..taken {
            buf.put_slice(&[next]);
            next = next.wrapping_mul(31).wrapping_add(7);
        }
        left -= taken;
        Poll::Ready(Ok(Step::Data))
    }
}

/// What [`pieces`] gives in all.
fn all(length: usize) -> Vec<u8> {
    let mut next = 0_u8;
    let step = |_| {
        let byte = next;
        next = next.wrapping_mul(31).wrapping_add(7);
        byte
    };
    (0..length).map(step).collect()
}

#[tokio::test]
async fn everything_arrives_in_order_whatever_the_pieces() {
    let cases: &[&[Option<usize>]] = &[
        &[],
        &[Some(1)],
        &[Some(PIECE)],
        &[Some(PIECE - 1), Some(2)],
        &[Some(3 * PIECE + 5)],
        &[Some(PIECE), None, Some(1)],
        &[
            Some(10),
            None,
            Some(70_000),
            None,
            Some(PIECE),
            None,
            Some(1),
        ],
    ];
    for kind in [Kind::File, Kind::Stream, Kind::Null] {
        for lengths in cases {
            let length = lengths.iter().flatten().sum();
            for expected in [None, Some(length as u64), Some(7)] {
                let mut file = tempfile::tempfile().unwrap();
                let shared = Arc::new(file.try_clone().unwrap());
                let wanted: Checksum = "md5:900150983cd24fb0d6963f7d28e17f72".parse().unwrap();
                let hasher = Hasher::like(&wanted);
                let mut writer = Writer::new(shared, kind, expected, Some(hasher.clone()));
                let mut read = pieces(lengths.to_vec());
                while writer.fill(&mut read).await.unwrap() == Step::Data {
                    writer.write().await.unwrap();
                }
                let found = writer.finish().await.unwrap().unwrap().finish();
                let mut written = Vec::new();
                std::io::Seek::rewind(&mut file).unwrap();
                file.read_to_end(&mut written).unwrap();
                assert!(written == all(length), "{kind:?} {lengths:?} {expected:?}");
                let mut hasher = hasher;
                hasher.update(&written);
                assert_eq!(found, hasher.finish());
            }
        }
    }
}

#[cfg(target_os = "linux")]
#[test]
fn only_the_null_device_never_keeps_a_write_waiting() {
    let open = |path: &str| File::options().write(true).open(path).unwrap();
    assert_eq!(Kind::of_stream(&open("/dev/null")), Kind::Null);
    assert_eq!(Kind::of_stream(&open("/dev/full")), Kind::Stream);
    assert_eq!(
        Kind::of_stream(&tempfile::tempfile().unwrap()),
        Kind::Stream
    );
    let (_, pipe) = std::io::pipe().unwrap();
    let pipe = std::os::fd::OwnedFd::from(pipe);
    assert_eq!(Kind::of_stream(&pipe.into()), Kind::Stream);
}

/// The runtime has one thread here: a write on it would keep the reader below from coming.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_file_that_keeps_a_write_waiting_stops_nothing_else() {
    let (mut reader, pipe) = std::io::pipe().unwrap();
    let mut full = File::from(std::os::fd::OwnedFd::from(pipe));
    // What a pipe holds (pipe(7)).
    full.write_all(&[0; 64 * 1024]).unwrap();
    let mut writer = Writer::new(Arc::new(full), Kind::File, Some(20), None);
    let mut read = pieces(vec![Some(10), None, None]);
    assert_eq!(writer.fill(&mut read).await.unwrap(), Step::Data);
    writer.write().await.unwrap();
    let mut all = vec![0; 64 * 1024 + 10];
    reader.read_exact(&mut all).unwrap();
    writer.finish().await.unwrap();
}

#[tokio::test]
async fn a_failed_write_is_told_and_ends_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("read-only");
    std::fs::write(&path, "").unwrap();
    for length in [1, 3 * PIECE] {
        let file = Arc::new(File::open(&path).unwrap());
        let mut writer = Writer::new(file, Kind::File, None, None);
        let mut read = pieces(vec![Some(length)]);
        let mut outcome = Ok(());
        while outcome.is_ok() && writer.fill(&mut read).await.unwrap() == Step::Data {
            outcome = writer.write().await;
        }
        if outcome.is_ok() {
            outcome = writer.finish().await.map(drop);
        }
        assert!(outcome.is_err(), "{length} bytes");
        // What was read behind the gap is not written by the next call.
        assert_eq!(writer.filled, 0, "{length} bytes");
        assert!(writer.finish().await.is_ok(), "{length} bytes");
    }
}
