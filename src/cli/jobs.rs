//! Many things at once.

use futures_util::StreamExt as _;

use super::exit::Exit;

/// Does all of `works`, so many at a time. The exit is that of the first failure in their order, not
/// of the one that was quickest.
pub async fn all(works: impl Iterator<Item = impl Future<Output = Exit>>, at_once: u16) -> Exit {
    let numbered = works
        .enumerate()
        .map(|(at, work)| async move { (at, work.await) });
    let ended = futures_util::stream::iter(numbered).buffer_unordered(usize::from(at_once));
    let mut exits: Vec<_> = ended.collect().await;
    exits.sort_by_key(|(at, _)| *at);
    let exits = exits.into_iter().map(|(_, exit)| exit);
    exits.fold(Exit::Success, Exit::and)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_first_failure_is_that_of_the_first_place() {
        let (slow, go) = tokio::sync::oneshot::channel::<()>();
        let (mut slow, mut go) = (Some(slow), Some(go));
        let works = (0..3).map(|at| {
            let (slow, go) = match at {
                0 => (None, go.take()),
                _ => (slow.take(), None),
            };
            async move {
                if let Some(go) = go {
                    go.await.unwrap();
                    return Exit::Network;
                }
                if let Some(slow) = slow {
                    slow.send(()).unwrap();
                }
                Exit::LocalFile
            }
        });
        assert_eq!(all(works, 3).await, Exit::Network);
        assert_eq!(
            all(std::iter::empty::<std::future::Ready<_>>(), 1).await,
            Exit::Success
        );
    }
}
