//! The bytes of an upload, and how it gives way.

use std::time::Duration;

use super::super::feed::Flow;
use super::Run;
use crate::base::{Error, Kind, Result, Stage};
use crate::ftp::{Client, Place, Start, Storing, Upload, Want};

/// What has nothing to send for so long gives its login to those who wait for one.
const STALLED: Duration = Duration::from_millis(500);

impl Run<'_> {
    /// Sends the bytes from `from` on. Gives the login, its place, and the length of the whole.
    ///
    /// What is read once may depend on others that want a login: while it has nothing to give and they wait, the file
    /// is ended on the server, and gone on with later.
    pub(super) async fn send(
        &mut self,
        mut upload: Upload,
        mut place: Place,
        from: u64,
    ) -> Result<(Client, Place, u64)> {
        self.start(upload.client(), from);
        self.begun = true;
        // From now on the server may have some of it.
        self.looks = self.material.length().is_some();
        let gives_way = self.material.length().is_none();
        let feed = self.material.feed(from).await?;
        let limit = self.dataset.rate_limit().cloned();
        let mut flow = Flow::new(feed, from, limit, self.options.observer.clone());
        loop {
            let wanted = place.wanted();
            let stalled = async move {
                tokio::time::sleep(STALLED).await;
                wanted.await;
            };
            let next = tokio::select! {
                biased;
                next = flow.next() => Some(next?),
                () = stalled, if gives_way => None,
            };
            let piece = match next {
                Some(piece) => piece,
                None => {
                    place.keep(upload.finish().await?);
                    tracing::debug!(at = flow.offset(), "an upload gave its login to others");
                    let piece = flow.next().await?;
                    (upload, place) = self.go_on(flow.offset()).await?;
                    piece
                }
            };
            let Some(piece) = piece else { break };
            upload.send(&piece).await?;
            flow.went(piece.len() as u64);
        }
        let length = flow.offset();
        Ok((upload.finish().await?, place, length))
    }

    /// Goes on with a file that was ended at `offset`.
    async fn go_on(&mut self, offset: u64) -> Result<(Upload, Place)> {
        let want = Want {
            port: true,
            ..Want::default()
        };
        let (mut client, place) = self.source.client(&self.part, want).await?;
        let size = client.size(&self.part).await?;
        if let Some(size) = size.filter(|size| *size != offset) {
            let what = format!("the server has {size} bytes of the {offset} that were sent");
            return Err(self.blame(Error::new(Kind::Cut, Stage::Transfer, what), &client));
        }
        let mut refusal = None;
        for start in [Start::At(offset), Start::Behind(offset)] {
            match client.store(&self.part, start).await? {
                Storing::Upload(upload) => return Ok((upload, place)),
                Storing::Refused {
                    client: same,
                    error,
                } => {
                    client = same;
                    refusal = Some(error);
                }
            }
        }
        let what = "the server cannot go on with a file, and others waited for the login";
        let error = Error::new(Kind::Unsupported, Stage::Request, what)
            .with_hint("let more logins be open at a time: Client::with_ftp_channels");
        let error = match refusal.as_ref().and_then(Error::answer) {
            Some(answer) => error.with_answer(answer.clone()),
            None => error,
        };
        Err(self.blame(error, &client))
    }
}
