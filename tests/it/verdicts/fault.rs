//! A fault, ready to be met: the servers that play it, the settings, and the URL to check.

use std::any::Any;
use std::net::SocketAddr;
use std::path::Path;

use crate::leaks::assert_absent;
use crate::support::peers::squid;
use crate::support::scripted::{Scripted, Step};
use crate::support::sockets::Closed;

/// The password of every login that is wrong or a target's.
pub const WRONG: &str = "wr0ng-s3cret";

/// One fault. Its servers live as long as it does.
pub struct Fault {
    pub settings: String,
    pub url: String,
    /// Files beside the program, by their names.
    pub files: Vec<(&'static str, String)>,
    _servers: Vec<Box<dyn Any>>,
}

impl Fault {
    /// A target that is asked directly.
    pub fn direct(url: impl Into<String>) -> Self {
        Self {
            settings: String::new(),
            url: url.into(),
            files: Vec::new(),
            _servers: Vec::new(),
        }
    }

    /// A fault at a port that refuses.
    pub fn closed(make: impl FnOnce(SocketAddr) -> Self) -> Self {
        let closed = Closed::new();
        make(closed.address()).with(closed)
    }

    /// A target behind a proxy.
    pub fn through(proxy: &str, url: impl Into<String>) -> Self {
        Self::direct(url).set(&format!("[proxy]\nurl = \"{proxy}\"\n"))
    }

    /// [`Fault::through`], with a login.
    pub fn known(proxy: &str, user: &str, password: &str, url: impl Into<String>) -> Self {
        let login = format!("username = \"{user}\"\npassword = \"{password}\"\n");
        Self::through(proxy, url).set(&login)
    }

    /// A proxy that plays these steps on each connection.
    pub fn scripted_proxy(steps: Vec<Step>, url: impl Into<String>) -> Self {
        let proxy = Scripted::each(steps);
        Self::through(&proxy.url(), url).with(proxy)
    }

    /// A proxy that answers each request so.
    pub fn answering_proxy(answer: &str, url: impl Into<String>) -> Self {
        Self::scripted_proxy(vec![Step::head(), Step::write(answer), Step::Close], url)
    }

    /// A target that plays these steps on each connection, asked directly. `{}` in the URL is its
    /// host and port.
    pub fn scripted(steps: Vec<Step>, url: &str) -> Self {
        let target = Scripted::each(steps);
        let url = url.replace("{}", &target.address().to_string());
        Self::direct(url).with(target)
    }

    /// [`Fault::scripted`] through that proxy.
    pub fn scripted_behind(proxy: &str, steps: Vec<Step>, url: &str) -> Self {
        let fault = Self::scripted(steps, url);
        let proxied = Self::through(proxy, "").settings;
        fault.set(&proxied)
    }

    /// With further settings.
    pub fn set(mut self, lines: &str) -> Self {
        self.settings += lines;
        self
    }

    /// With this limit, as in `reply = "200ms"`.
    pub fn limit(self, line: &str) -> Self {
        self.set(&format!("[timeouts]\n{line}\n"))
    }

    /// With a connection that covers the URL, and these lines of it.
    pub fn connection(self, lines: &str) -> Self {
        let (scheme, rest) = self.url.split_once("://").unwrap();
        let base = format!("{scheme}://{}/", rest.split('/').next().unwrap());
        self.set(&format!("[connections.files]\nurl = \"{base}\"\n{lines}\n"))
    }

    /// With a connection that trusts this authority.
    pub fn trusting(self, ca: &Path) -> Self {
        self.connection(&format!("ca_file = \"{}\"", ca.display()))
    }

    /// With a server to keep.
    pub fn with(mut self, server: impl Any) -> Self {
        self._servers.push(Box::new(server));
        self
    }

    /// Fails when a password shows.
    pub fn assert_no_secret(&self, name: &str, shown: &str) {
        assert!(!shown.contains("\\u001b["), "{name}: {shown}");
        assert_absent(shown, squid::USER, squid::PASSWORD);
        assert_absent(shown, "ann", WRONG);
    }
}

/// What is written before `body`: a head that says its length.
pub fn answer(status: &str, fields: &str, body: &str) -> String {
    format!(
        "HTTP/1.1 {status}\r\n{fields}Content-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    )
}
