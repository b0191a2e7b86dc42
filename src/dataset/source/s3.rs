//! Bytes of an object of S3: ranges, proven by its entity tag.

use std::sync::Arc;

use url::Url;

use super::{Opened, Probed, Resume, Stat};
use crate::base::{Error, Kind, Result, Stage, Target};
use crate::connector::Connector;
use crate::dataset::Validator;
use crate::ftp::Listing;
use crate::ftp::listing::{self, Entry, Exact, Stamp};
use crate::s3::{About, Coming, Rest, Store};

/// An object of S3, or what lies below a key.
#[derive(Debug)]
pub(crate) struct S3Source {
    pub connector: Connector,
    pub target: Target,
    pub url: Url,
    pub store: Store,
    /// How many ranges of an object may come at a time.
    pub at_once: usize,
}

impl S3Source {
    /// The error for a prefix where an object is asked for.
    fn must_name_an_object(&self) -> Result<()> {
        if !self.url.path().is_empty() && !self.url.path().ends_with('/') {
            return Ok(());
        }
        let what = "the URL names what lies below a prefix, not an object";
        Err(Error::new(Kind::Usage, Stage::Request, what)
            .with_hint("`outbound list` shows what lies there, `fetch -r` brings it"))
    }

    pub(super) async fn stat(&self) -> Result<Stat> {
        self.must_name_an_object()?;
        let about = self.store.about().await?;
        let validator = validator(&about);
        Ok(Stat {
            url: self.url.clone(),
            length: Some(about.length),
            modified: Some(about.modified),
            media_type: None,
            resumable: Some(validator.is_some()),
            validator,
            route: Arc::new(self.connector.route(&self.target)?),
            steps: self.store.steps(),
            doubt: None,
        })
    }

    pub(super) async fn list(&self) -> Result<Listing> {
        let below = self.store.below().await?;
        let folders = below
            .folders
            .into_iter()
            .map(|name| Entry::new(name.as_bytes(), listing::Kind::Folder));
        let objects = below.objects.into_iter().map(|(name, about)| {
            let mut entry = Entry::new(name.as_bytes(), listing::Kind::File);
            entry.size = Some(about.length);
            entry.modified = Some(Stamp {
                time: about.modified,
                exact: Exact::Second,
                utc: true,
            });
            entry
        });
        Ok(Listing::of_entries(folders.chain(objects).collect()))
    }

    pub(super) async fn probe(&self) -> Result<Probed> {
        let steps = match self.url.path().ends_with('/') || self.url.path().is_empty() {
            true => {
                self.store.below().await?;
                self.store.steps()
            }
            false => {
                let mut coming = self.store.get(1).await?;
                let steps = self.store.steps();
                let total = Some(coming.about.length);
                let subject = self.url.path().to_owned();
                let came = super::first_byte(&mut coming.body, subject, total, steps);
                came.await?.0
            }
        };
        Ok(Probed::passed(steps, None))
    }

    pub(super) async fn open(&self, resume: Option<&Resume>) -> Result<Opened> {
        self.must_name_an_object()?;
        let at_once = self.at_once;
        let restarted = match resume {
            None => None,
            Some(Resume {
                offset,
                validator: Validator::Etag { tag },
            }) => match self.store.get_from(*offset, tag, at_once).await? {
                Rest::Coming(coming) => return self.opened(coming, None),
                Rest::AtEnd(about) => return self.opened_at_end(&about),
                Rest::Changed => Some("the object changed"),
                Rest::Whole => Some("the service gives no part of an object"),
            },
            Some(_) => Some("S3 gave no proof that the object is the same"),
        };
        self.opened(self.store.get(at_once).await?, restarted)
    }

    fn opened(&self, coming: Coming, restarted: Option<&'static str>) -> Result<Opened> {
        let (offset, body) = (coming.offset, Box::new(coming.body));
        Ok(Opened {
            restarted,
            offset,
            body,
            ..self.opened_at_end(&coming.about)?
        })
    }

    fn opened_at_end(&self, about: &About) -> Result<Opened> {
        Ok(Opened {
            offset: about.length,
            restarted: None,
            total: Some(about.length),
            validator: validator(about),
            modified: Some(about.modified),
            route: Arc::new(self.connector.route(&self.target)?),
            doubt: None,
            body: Box::new(tokio::io::empty()),
        })
    }
}

fn validator(about: &About) -> Option<Validator> {
    let tag = about.tag.clone()?;
    Some(Validator::Etag { tag })
}
