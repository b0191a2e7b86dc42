//! What a check of a deployment is to try.

use std::time::Duration;

use url::Url;

use crate::base::{Error, Kind, Result, Stage, text};

/// What is tried beside what needs nothing but the URL.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Plan {
    /// Where the application has its WebSocket; `None`: the URL's own path, and that of socket.io.
    pub ws_path: Option<String>,
    /// How long a WebSocket is left idle; `None`: not tested.
    pub idle: Option<Duration>,
    /// URLs of the deployment, or paths, that are asked for with GET: one whose answer takes long, one
    /// of a large file.
    pub probes: Vec<String>,
    /// How long a probe may be silent before that is enough.
    pub silence: Duration,
    /// Where an upload is asked for; `None`: at the first probe.
    pub upload: Option<String>,
    /// The size of that upload, in bytes.
    pub upload_size: u64,
}

impl Default for Plan {
    /// Nothing that needs means; a silence of 5 minutes, and an upload of 1 GiB.
    fn default() -> Self {
        Self {
            ws_path: None,
            idle: None,
            probes: Vec::new(),
            silence: Duration::from_secs(300),
            upload: None,
            upload_size: 1 << 30,
        }
    }
}

impl Plan {
    /// Whether it can be followed for a deployment at `site`.
    ///
    /// # Errors
    /// [`Kind::Usage`]: the URL is none of HTTP; a probe is no URL, or of another origin, which must not
    /// get the login.
    pub fn verify(&self, site: &Url) -> Result<()> {
        let refused = |what: String| Error::new(Kind::Usage, Stage::Settings, what);
        if !matches!(site.scheme(), "http" | "https") {
            let what = format!(
                "a deployment is at http:// or https://, not at {}://",
                site.scheme()
            );
            let hint = "give the URL that users open; --ws-path names the path of its WebSocket";
            return Err(refused(what).with_hint(hint));
        }
        let given = [&self.ws_path, &self.upload].into_iter().flatten();
        for given in given.chain(&self.probes) {
            let shown = text::clip(&text::without_userinfo(given));
            let Ok(url) = site.join(given) else {
                return Err(refused(format!("`{shown}` is no URL, and no path")));
            };
            if ordinary(&url).origin() != site.origin() {
                let what = format!(
                    "`{shown}` is not of {}",
                    site.origin().ascii_serialization()
                );
                return Err(refused(what).with_hint("give a path, or a URL of the deployment"));
            }
        }
        Ok(())
    }

    /// The URL of the WebSocket, if its path was given.
    pub(super) fn ws_path(&self, site: &Url) -> Option<Url> {
        site.join(self.ws_path.as_ref()?)
            .ok()
            .map(|url| ordinary(&url))
    }

    /// The probes as URLs.
    pub(super) fn probes(&self, site: &Url) -> Vec<Url> {
        let urls = self.probes.iter().filter_map(|given| site.join(given).ok());
        urls.collect()
    }

    /// Where an upload is asked for.
    pub(super) fn upload(&self, site: &Url) -> Option<Url> {
        let given = self.upload.as_ref().or(self.probes.first())?;
        site.join(given).ok()
    }
}

/// A URL of WebSocket as one of HTTP.
fn ordinary(url: &Url) -> Url {
    let mut url = url.clone();
    let _ = match url.scheme() {
        "ws" => url.set_scheme("http"),
        "wss" => url.set_scheme("https"),
        _ => Ok(()),
    };
    url
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn means_are_of_the_deployment_alone() {
        let site = Url::parse("https://dss.example.com/").unwrap();
        let with = |probe: &str, ws: &str| Plan {
            probes: vec![probe.to_owned()],
            ws_path: Some(ws.to_owned()),
            ..Plan::default()
        };
        for (probe, ws) in [
            ("/slow?x=1", "/ws"),
            (
                "https://dss.example.com:443/big",
                "wss://dss.example.com/ws",
            ),
            ("big.bin", "ws?x"),
        ] {
            with(probe, ws).verify(&site).unwrap();
        }
        for (probe, ws, what) in [
            (
                "https://u:secret@o.test/",
                "/ws",
                "`https://o.test/` is not of https://dss.example.com",
            ),
            ("http://dss.example.com/", "/ws", "is not of https"),
            ("/x", "ws://dss.example.com/", "is not of https"),
            ("https://", "/ws", "is no URL, and no path"),
        ] {
            let error = with(probe, ws).verify(&site).unwrap_err();
            assert!(error.to_string().contains(what), "{error}");
        }
        let ftp = Url::parse("wss://h.test/").unwrap();
        let error = Plan::default().verify(&ftp).unwrap_err();
        assert!(error.to_string().ends_with("not at wss://"), "{error}");
        let urls = with("/a", "wss://dss.example.com/ws");
        assert_eq!(
            urls.ws_path(&site).unwrap().as_str(),
            "https://dss.example.com/ws"
        );
        assert_eq!(urls.upload(&site).unwrap().path(), "/a");
    }
}
