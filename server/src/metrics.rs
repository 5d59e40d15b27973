//! What Prometheus sees. Holds numbers, never names, ids or addresses.

use std::{fmt::Write as _, sync::Arc, time::Duration};

use prometheus_client::{
    encoding::{EncodeLabelSet, text::encode},
    metrics::{counter::Counter, family::Family, gauge::Gauge, histogram::Histogram},
    registry::Registry,
};

/// Labels of a request.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Request {
    method: &'static str,
    route: String,
    status: u16,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Route {
    route: String,
}

/// All of the server's numbers. Cheap to clone.
#[derive(Clone)]
pub struct Metrics {
    registry: Arc<Registry>,
    requests: Family<Request, Counter>,
    seconds: Family<Route, Histogram, fn() -> Histogram>,
    /// Bytes of part bodies that were stored.
    pub part_bytes_stored: Counter,
    /// Parts that arrived although they were stored already.
    pub parts_duplicate: Counter,
    /// Bytes of part bodies that were sent out.
    pub part_bytes_read: Counter,
    /// Parts being received or stored.
    pub parts_in_hand: Gauge,
    /// Bytes of the body budget in use.
    pub body_bytes_reserved: Gauge,
    /// Bytes on disk of parts on their way.
    pub spool_bytes: Gauge,
    /// Database connections in use.
    pub db_connections_used: Gauge,
    /// Database connections idle.
    pub db_connections_idle: Gauge,
}

impl Metrics {
    /// Registers everything.
    pub fn new(mut registry: Registry) -> Self {
        let mut metrics = Metrics {
            registry: Arc::default(),
            requests: Family::default(),
            seconds: Family::new_with_constructor(latency_histogram),
            part_bytes_stored: Counter::default(),
            parts_duplicate: Counter::default(),
            part_bytes_read: Counter::default(),
            parts_in_hand: Gauge::default(),
            body_bytes_reserved: Gauge::default(),
            spool_bytes: Gauge::default(),
            db_connections_used: Gauge::default(),
            db_connections_idle: Gauge::default(),
        };
        registry.register(
            "ferry_http_requests",
            "Requests by method, route and status",
            metrics.requests.clone(),
        );
        registry.register(
            "ferry_http_request_seconds",
            "Time to the answer's headers",
            metrics.seconds.clone(),
        );
        for (name, help, counter) in [
            (
                "ferry_part_bytes_stored",
                "Bytes of stored part bodies",
                &metrics.part_bytes_stored,
            ),
            (
                "ferry_parts_duplicate",
                "Parts that were stored already",
                &metrics.parts_duplicate,
            ),
            (
                "ferry_part_bytes_read",
                "Bytes of part bodies sent out",
                &metrics.part_bytes_read,
            ),
        ] {
            registry.register(name, help, counter.clone());
        }
        metrics.register_gauges(&mut registry);
        metrics.registry = Arc::new(registry);
        metrics
    }

    fn register_gauges(&self, registry: &mut Registry) {
        for (name, help, gauge) in [
            (
                "ferry_parts_in_hand",
                "Parts being received or stored",
                &self.parts_in_hand,
            ),
            (
                "ferry_body_bytes_reserved",
                "Body budget in use",
                &self.body_bytes_reserved,
            ),
            (
                "ferry_spool_bytes",
                "Bytes on disk of parts on their way",
                &self.spool_bytes,
            ),
            (
                "ferry_db_connections_used",
                "Database connections in use",
                &self.db_connections_used,
            ),
            (
                "ferry_db_connections_idle",
                "Database connections idle",
                &self.db_connections_idle,
            ),
        ] {
            registry.register(name, help, gauge.clone());
        }
    }

    /// Counts an answered request. Labels stay in memory, so `method` is never a client's own word.
    pub fn observe(&self, method: &'static str, route: &str, status: u16, took: Duration) {
        let labels = Request {
            method,
            route: route.to_owned(),
            status,
        };
        self.requests.get_or_create(&labels).inc();
        self.seconds
            .get_or_create(&Route {
                route: route.to_owned(),
            })
            .observe(took.as_secs_f64());
    }

    /// Everything in the text format.
    pub fn text(&self) -> String {
        let mut text = String::new();
        if encode(&mut text, &self.registry).is_err() {
            let _ = writeln!(text, "# the metrics could not be written");
        }
        text
    }
}

fn latency_histogram() -> Histogram {
    Histogram::new([0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_are_counted_by_route_and_status() {
        let metrics = Metrics::new(Registry::default());
        metrics.observe("GET", "/api/config", 200, Duration::from_millis(2));
        metrics.observe("GET", "/api/config", 200, Duration::from_millis(2));
        metrics.part_bytes_stored.inc_by(5);
        let text = metrics.text();
        assert!(
            text.contains(
                r#"ferry_http_requests_total{method="GET",route="/api/config",status="200"} 2"#
            ),
            "{text}"
        );
        assert!(text.contains("ferry_part_bytes_stored_total 5"), "{text}");
    }
}
