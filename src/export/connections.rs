//! Connections that go another way than the proxy that is told.

use super::no_proxy::List;
use super::{Export, Note};
use crate::base::{Host, Reason, Target};
use crate::route;
use crate::settings::{Connection, Direct, Policy};

/// A connection that goes directly although its scheme's variable names a proxy.
struct Direction<'a> {
    connection: &'a Connection,
    host: Host,
}

impl Export {
    /// Adds the hosts of direct connections to `list`, and notes what variables cannot say of
    /// connections other than `own`, which the proxies are told for.
    pub(super) fn add_connections(
        &mut self,
        policy: &Policy,
        own: Option<&Connection>,
        list: &mut List,
    ) {
        let mut direct = Vec::new();
        let mut proxied = Vec::new();
        for connection in policy.connections() {
            if own.is_some_and(|own| own.name == connection.name) {
                continue;
            }
            let Ok(target) = Target::from_url(&connection.url) else {
                continue;
            };
            let route = match route::resolve(policy, Some(connection), &target) {
                Ok(route) => route,
                Err(error) => {
                    let name = &connection.name;
                    self.note(own, format!("connection `{name}` goes no way: {error}"));
                    continue;
                }
            };
            let told = self.told_for(&target);
            match route.proxy() {
                // The rule is told, or what is lost of it.
                None if matches!(route.reason, Reason::Bypass(_)) => {}
                None if told.is_some() => direct.push(Direction {
                    connection,
                    host: target.host().clone(),
                }),
                None => {}
                Some(proxy) if told == Some(proxy) => {
                    proxied.push((connection.name.as_str(), target.host().to_string()));
                }
                Some(_) => self.note(
                    own,
                    format!(
                        "connection `{name}` goes {route}, other programs do not; \
                         `--connection {name}` tells them its proxy",
                        name = connection.name
                    ),
                ),
            }
        }
        for Direction { connection, host } in direct {
            self.add_direct(policy, own, connection, &host, &proxied, list);
        }
    }

    fn add_direct(
        &mut self,
        policy: &Policy,
        own: Option<&Connection>,
        connection: &Connection,
        host: &Host,
        proxied: &[(&str, String)],
        list: &mut List,
    ) {
        let name = &connection.name;
        let lost = |why: String| {
            format!(
                "connection `{name}` goes directly to {host}, other programs through the proxy: \
                 {why}"
            )
        };
        // An entry is for what ends in it too, at every port.
        let end = format!(".{host}");
        let shared = proxied
            .iter()
            .find(|(_, other)| *other == host.to_string() || other.ends_with(&end));
        if let Some((other, at)) = shared {
            let why = format!("an entry for it would be one for {at} of `{other}`");
            return self.note(own, lost(why));
        }
        let is_name = matches!(host, Host::Domain(_));
        if is_name && matches!(policy.direct(), Direct::BypassOnly(_)) {
            let why = format!(
                "an entry for it would be one for the names below it, which policy.direct keeps \
                 from going directly; a bypass rule `{host}` allows them"
            );
            return self.note(own, lost(why));
        }
        if !list.add_host(host) {
            return self.note(own, lost("there is no room for an entry".to_owned()));
        }
        if is_name {
            self.notes.push(Note::habit(format!(
                "connection `{name}` goes directly: {host} is exempted at every port, and so are \
                 names below it"
            )));
        }
    }

    /// Of another connection than the one that was asked for, it is merely good to know.
    fn note(&mut self, own: Option<&Connection>, text: String) {
        self.notes.push(Note {
            is_loss: own.is_none(),
            text,
        });
    }
}
