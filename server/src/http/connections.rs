//! How many connections one address may hold, so that no single one can take all of them: counted as they are made,
//! before anything is read of them. Behind a trusted proxy all connections are the proxy's; there the requests that its
//! clients have open are counted by the address that it names. One connection of HTTP/2 carries many requests: those are
//! counted too, by themselves. Handshakes of TLS come before all this and are not counted.

use std::{
    any::Any,
    collections::HashMap,
    net::{IpAddr, Shutdown},
    os::fd::AsFd as _,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

use actix_tls::accept::rustls_0_23::TlsStream;
use actix_web::{
    Error, ResponseError as _,
    body::{BoxBody, MessageBody},
    dev::{Extensions, ServiceRequest, ServiceResponse},
    http::Version,
    middleware::Next,
    rt::net::TcpStream,
    web,
};
use ferry_core::wire::ErrorCode;

use super::{Shared, session::client_address, status_codes::HttpError, unread::Holding};
use crate::{auth::network_of, config::Network};

/// How much more than one /64 the /56 around it may hold: an ordinary customer has all of it, and so may some have
/// together who share a host.
const MOST_OF_A_SITE: usize = 2;

/// What each address holds open.
pub(crate) struct Connections {
    proxies: Vec<Network>,
    /// Connections; of a trusted proxy's clients, requests.
    open: Arc<Counts>,
    /// Requests of HTTP/2 that came without a proxy.
    requests: Arc<Counts>,
    /// The log was told of a proxy that no setting names.
    is_told_of_a_proxy: AtomicBool,
}

/// Of one kind, an IPv6 host's /64 taken together, and the /56 around it.
struct Counts {
    most_per_address: usize,
    open: Mutex<HashMap<String, Open>>,
}

#[derive(Default)]
struct Open {
    count: usize,
    /// The log was told that it has all it may have.
    is_told: bool,
}

/// One of them, until it is dropped.
pub(crate) struct Held {
    of: Arc<Counts>,
    networks: Vec<String>,
}

impl Connections {
    pub(crate) fn new(most_per_address: usize, proxies: &[Network]) -> Arc<Self> {
        Arc::new(Connections {
            proxies: proxies.to_vec(),
            open: Counts::new(most_per_address),
            requests: Counts::new(most_per_address),
            is_told_of_a_proxy: AtomicBool::new(false),
        })
    }

    /// Counts a connection as it is made; one too many is closed, and the server finds it at its end.
    pub(crate) fn count(&self, stream: &dyn Any, connection: &mut Extensions) {
        let tls = stream.downcast_ref::<TlsStream<TcpStream>>();
        let plain = tls.map(|stream| stream.get_ref().0);
        let Some(socket) = plain.or_else(|| stream.downcast_ref()) else {
            return;
        };
        let Ok(peer) = socket.peer_addr() else {
            return;
        };
        if !self.is_bounded(peer.ip()) {
            return;
        }
        match self.open.admit(peer.ip()) {
            Some(held) => {
                connection.insert(held);
            }
            None => close(socket),
        }
    }

    fn is_proxy(&self, address: IpAddr) -> bool {
        self.proxies.iter().any(|proxy| proxy.contains(address))
    }

    /// Where no proxy is named the own host may well be one: a bound for it would be one for the whole site.
    fn is_bounded(&self, peer: IpAddr) -> bool {
        let may_be_unnamed = self.proxies.is_empty() && peer.to_canonical().is_loopback();
        !may_be_unnamed && !self.is_proxy(peer)
    }

    fn tell_of_a_proxy(&self, peer: IpAddr) {
        if !self.is_told_of_a_proxy.swap(true, Ordering::Relaxed) {
            tracing::warn!(
                %peer,
                "X-Forwarded-For came from an address that is not in trusted_proxies and is ignored; if that is your \
                 proxy, name it there, or all its clients count as one"
            );
        }
    }
}

impl Counts {
    fn new(most_per_address: usize) -> Arc<Self> {
        Arc::new(Counts {
            most_per_address,
            open: Mutex::default(),
        })
    }

    fn admit(self: &Arc<Self>, address: IpAddr) -> Option<Held> {
        let networks = networks_of(address);
        let bounds = [1, MOST_OF_A_SITE].map(|times| self.most_per_address.saturating_mul(times));
        let mut all = self.open();
        for (network, most) in networks.iter().zip(bounds) {
            if let Some(open) = all.get_mut(network).filter(|open| open.count >= most) {
                if !std::mem::replace(&mut open.is_told, true) {
                    tracing::warn!(
                        %network,
                        most,
                        "an address has as many connections as it may; a proxy belongs into trusted_proxies"
                    );
                }
                return None;
            }
        }
        for network in &networks {
            all.entry(network.clone()).or_default().count += 1;
        }
        Some(Held {
            of: Arc::clone(self),
            networks,
        })
    }

    fn open(&self) -> MutexGuard<'_, HashMap<String, Open>> {
        // Nothing in here leaves a count half written.
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        let mut all = self.of.open();
        for network in &self.networks {
            if let Some(open) = all.get_mut(network) {
                open.count = open.count.saturating_sub(1);
                if open.count == 0 {
                    all.remove(network);
                }
            }
        }
    }
}

/// The network that one host chooses its addresses from; of IPv6 also the one that its site chooses those from.
fn networks_of(address: IpAddr) -> Vec<String> {
    let mut networks = vec![network_of(address)];
    if let IpAddr::V6(v6) = address.to_canonical() {
        let [a, b, c, d, ..] = v6.segments();
        networks.push(format!("{a:x}:{b:x}:{c:x}:{:x}::/56", d & 0xff00));
    }
    networks
}

/// The runtime owns the socket; closing both ways of its duplicate does so for both.
fn close(socket: &TcpStream) {
    let duplicate = socket.as_fd().try_clone_to_owned();
    let closed = duplicate.and_then(|fd| std::net::TcpStream::from(fd).shutdown(Shutdown::Both));
    if let Err(error) = closed {
        tracing::debug!(%error, "a connection too many was gone already");
    }
}

/// Counts what a trusted proxy passes on, by the address that it names, and what comes over HTTP/2 without one, until the
/// answer is out.
pub(super) async fn bound_requests(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let held = match counted_by(&request) {
        Some((counts, client)) => match counts.admit(client) {
            Some(held) => Some(held),
            None => {
                let refusal = HttpError::unlogged(
                    ErrorCode::Busy,
                    "this address has too many requests open at once",
                );
                return Ok(request.into_response(refusal.error_response()));
            }
        },
        None => None,
    };
    let response = next.call(request).await?;
    Ok(response.map_body(|_, body| match held {
        Some(held) => BoxBody::new(Holding {
            body: body.boxed(),
            _held: Some(held),
        }),
        None => body.boxed(),
    }))
}

/// Where a request is counted, and for whom.
fn counted_by(request: &ServiceRequest) -> Option<(Arc<Counts>, IpAddr)> {
    let shared = request.app_data::<web::Data<Shared>>()?;
    let connections = &shared.connections;
    let peer = request.peer_addr()?.ip();
    if connections.is_proxy(peer) {
        let client = client_address(request.request(), shared);
        // The proxy's own requests, such as those of its health checks, are not bounded.
        return (!connections.is_proxy(client)).then(|| (Arc::clone(&connections.open), client));
    }
    if request.headers().contains_key("x-forwarded-for") {
        connections.tell_of_a_proxy(peer);
    }
    let is_counted = request.version() == Version::HTTP_2 && connections.is_bounded(peer);
    is_counted.then(|| (Arc::clone(&connections.requests), peer))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_address_gets_so_many_and_others_theirs() {
        let connections = Connections::new(2, &[]);
        let admit = |address: &str| connections.open.admit(address.parse().unwrap());
        let held = [
            admit("192.0.2.1").unwrap(),
            admit("::ffff:192.0.2.1").unwrap(),
        ];
        assert!(admit("192.0.2.1").is_none());
        let of_one_host = [admit("2001:db8::1").unwrap(), admit("2001:db8::2").unwrap()];
        assert!(admit("2001:db8::3").is_none() && admit("2001:db8:0:1::3").is_some());
        // An ordinary customer has a /56: it holds twice as much as one of its /64.
        let of_its_others = [1, 2].map(|net| admit(&format!("2001:db8:0:{net}::1")).unwrap());
        assert!(admit("2001:db8:0:ff::1").is_none() && admit("2001:db8:0:100::1").is_some());
        drop(of_its_others);
        drop(held);
        assert!(admit("192.0.2.1").is_some());
        drop(of_one_host);
        assert!(
            connections.open.open().is_empty(),
            "nothing is kept of who is gone"
        );
    }
}
