//! Numbers as words: bytes, rates, durations, counts. The same everywhere a person reads one.

const UNITS: [&str; 7] = ["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];

/// `0 B`, `999 B`, `1.5 KiB`, `120 GiB`: three digits that count, powers of 1024.
pub fn bytes(bytes: u64) -> String {
    if bytes < 1000 {
        return format!("{bytes} B");
    }
    let mut value = bytes as f64;
    let mut unit = 0;
    while value >= 999.5 && unit + 1 < UNITS.len() {
        value /= 1024.0;
        unit += 1;
    }
    let unit = UNITS.get(unit).copied().unwrap_or("EiB");
    match value {
        value if value < 9.995 => format!("{value:.2} {unit}"),
        value if value < 99.95 => format!("{value:.1} {unit}"),
        value => format!("{value:.0} {unit}"),
    }
}

/// `120 MiB/s`.
pub fn rate(bytes_per_sec: f64) -> String {
    match bytes_per_sec.is_finite() && bytes_per_sec >= 0.0 {
        true => format!("{}/s", bytes(bytes_per_sec as u64)),
        false => "unknown".to_owned(),
    }
}

/// `0.4 s`, `12 s`, `3 min 5 s`, `2 h 10 min`, `3 d 4 h`: two units at most.
pub fn seconds(secs: f64) -> String {
    if secs.is_nan() || secs < 0.0 {
        return "unknown".to_owned();
    }
    if secs < 9.95 {
        return format!("{secs:.1} s");
    }
    let whole = secs.round() as u64;
    match whole {
        0..60 => format!("{whole} s"),
        60..3_600 => two(whole / 60, "min", whole % 60, "s"),
        3_600..86_400 => two(whole / 3_600, "h", whole % 3_600 / 60, "min"),
        _ => two(whole / 86_400, "d", whole % 86_400 / 3_600, "h"),
    }
}

fn two(large: u64, large_unit: &str, small: u64, small_unit: &str) -> String {
    match small {
        0 => format!("{large} {large_unit}"),
        _ => format!("{large} {large_unit} {small} {small_unit}"),
    }
}

/// `1 file`, `12,345 files`.
pub fn files(files: u64) -> String {
    format!(
        "{} {}",
        grouped(files),
        if files == 1 { "file" } else { "files" }
    )
}

/// `12,345`.
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() * 4 / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Hundredths of a percent as `12.34 %`.
pub fn percent(hundredths: u32) -> String {
    format!("{}.{:02} %", hundredths / 100, hundredths % 100)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_said_with_three_digits_that_count() {
        let said: Vec<String> = [0, 999, 1000, 1536, 10_239, 1 << 20, 123_456_789, u64::MAX]
            .map(bytes)
            .to_vec();
        assert_eq!(
            said,
            [
                "0 B", "999 B", "0.98 KiB", "1.50 KiB", "10.0 KiB", "1.00 MiB", "118 MiB",
                "16.0 EiB"
            ]
        );
        assert_eq!(rate(1.5e6), "1.43 MiB/s");
        assert_eq!(rate(f64::NAN), "unknown");
    }

    #[test]
    fn durations_have_two_units_at_most() {
        let said = [0.04, 9.94, 59.4, 59.6, 3_599.0, 7_830.0, 273_600.0].map(seconds);
        assert_eq!(
            said,
            [
                "0.0 s",
                "9.9 s",
                "59 s",
                "1 min",
                "59 min 59 s",
                "2 h 10 min",
                "3 d 4 h"
            ]
        );
    }

    #[test]
    fn counts_are_grouped() {
        assert_eq!(files(1), "1 file");
        assert_eq!(files(1_234_567), "1,234,567 files");
        assert_eq!(grouped(100), "100");
        assert_eq!(percent(10_000), "100.00 %");
        assert_eq!(percent(7), "0.07 %");
    }
}
