//! Reads `multipart/form-data` from chunks as they come. It does no IO and keeps no file in memory.
//!
//! It takes what the clients really write: quoted and unquoted `name` and `filename`, any case of header names, no space
//! after the semicolon, parts with and without a content type.

use bytes::{Bytes, BytesMut};
use memchr::memmem;

/// Longer headers of one part are refused.
const LONGEST_HEADERS_BYTES: usize = 16 * 1024;

/// What a body consists of, in order.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Piece {
    /// A part begins. With a `filename` it is a file, without one a parameter.
    Start {
        name: String,
        filename: Option<String>,
    },
    /// Some of the part's content.
    Content(Bytes),
    /// The part is whole.
    End,
}

/// The body is not `multipart/form-data` as its header promised.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("malformed multipart body")]
pub(crate) struct Malformed;

enum State {
    /// Before the first delimiter.
    Preamble,
    /// Right after a delimiter.
    Delimited,
    Headers,
    Content,
    /// After the last delimiter.
    Epilogue,
}

/// A parser that is fed.
pub(crate) struct Parser {
    delimiter: Vec<u8>,
    carry: BytesMut,
    state: State,
}

impl Parser {
    /// For bodies cut by `boundary`, as the content type names it.
    pub(crate) fn new(boundary: &str) -> Parser {
        Parser {
            delimiter: format!("\r\n--{boundary}").into_bytes(),
            // The first delimiter may stand at the very start.
            carry: BytesMut::from(&b"\r\n"[..]),
            state: State::Preamble,
        }
    }

    /// Takes the next bytes, adds what became known to `pieces`.
    pub(crate) fn feed(&mut self, chunk: Bytes, pieces: &mut Vec<Piece>) -> Result<(), Malformed> {
        let mut buffer = if self.carry.is_empty() {
            chunk
        } else {
            self.carry.extend_from_slice(&chunk);
            self.carry.split().freeze()
        };
        while self.step(&mut buffer, pieces)? {}
        self.carry.extend_from_slice(&buffer);
        Ok(())
    }

    /// No more comes.
    pub(crate) fn finish(&self) -> Result<(), Malformed> {
        match self.state {
            State::Epilogue => Ok(()),
            _ => Err(Malformed),
        }
    }

    /// One step; false when more bytes are needed. What it leaves in `buffer` is looked at again with the next chunk.
    fn step(&mut self, buffer: &mut Bytes, pieces: &mut Vec<Piece>) -> Result<bool, Malformed> {
        match self.state {
            State::Preamble => Ok(self.skip_to_delimiter(buffer)),
            State::Delimited => self.after_delimiter(buffer),
            State::Headers => self.headers(buffer, pieces),
            State::Content => Ok(self.content(buffer, pieces)),
            State::Epilogue => {
                buffer.clear();
                Ok(false)
            }
        }
    }

    fn skip_to_delimiter(&mut self, buffer: &mut Bytes) -> bool {
        if let Some(at) = memmem::find(buffer, &self.delimiter) {
            let _ = buffer.split_to(at + self.delimiter.len());
            self.state = State::Delimited;
            return true;
        }
        let _ = buffer.split_to(self.end_of_safe(buffer));
        false
    }

    fn after_delimiter(&mut self, buffer: &mut Bytes) -> Result<bool, Malformed> {
        let Some(two) = buffer.get(..2) else {
            return Ok(false);
        };
        self.state = match two {
            b"--" => State::Epilogue,
            b"\r\n" => State::Headers,
            _ => return Err(Malformed),
        };
        let _ = buffer.split_to(2);
        Ok(true)
    }

    fn headers(&mut self, buffer: &mut Bytes, pieces: &mut Vec<Piece>) -> Result<bool, Malformed> {
        let Some(end) = memmem::find(buffer, b"\r\n\r\n") else {
            return if buffer.len() > LONGEST_HEADERS_BYTES {
                Err(Malformed)
            } else {
                Ok(false)
            };
        };
        let headers = buffer.split_to(end + 4);
        let text = String::from_utf8_lossy(&headers);
        pieces.push(start_of(&text).ok_or(Malformed)?);
        self.state = State::Content;
        Ok(true)
    }

    fn content(&mut self, buffer: &mut Bytes, pieces: &mut Vec<Piece>) -> bool {
        if let Some(at) = memmem::find(buffer, &self.delimiter) {
            let content = buffer.split_to(at);
            if !content.is_empty() {
                pieces.push(Piece::Content(content));
            }
            pieces.push(Piece::End);
            let _ = buffer.split_to(self.delimiter.len());
            self.state = State::Delimited;
            return true;
        }
        let safe = self.end_of_safe(buffer);
        if safe > 0 {
            pieces.push(Piece::Content(buffer.split_to(safe)));
        }
        false
    }

    /// Where the last bytes begin that could be the start of a delimiter.
    fn end_of_safe(&self, buffer: &[u8]) -> usize {
        let from = buffer.len().saturating_sub(self.delimiter.len() - 1);
        let tail = buffer.get(from..).unwrap_or_default();
        let start = memchr::memchr_iter(b'\r', tail).find(|at| {
            tail.get(*at..)
                .is_some_and(|rest| self.delimiter.starts_with(rest))
        });
        start.map_or(buffer.len(), |at| from + at)
    }
}

/// The boundary of a content type, if it is `multipart/form-data`.
pub(crate) fn boundary(content_type: &str) -> Option<String> {
    let (kind, parameters) = content_type.split_once(';')?;
    if !kind.trim().eq_ignore_ascii_case("multipart/form-data") {
        return None;
    }
    let boundary = parameter(parameters, "boundary")?;
    (!boundary.is_empty()).then_some(boundary)
}

fn start_of(headers: &str) -> Option<Piece> {
    let disposition = headers.split("\r\n").find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.trim()
            .eq_ignore_ascii_case("content-disposition")
            .then_some(value)
    })?;
    let (kind, parameters) = disposition.split_once(';')?;
    if !kind.trim().eq_ignore_ascii_case("form-data") {
        return None;
    }
    Some(Piece::Start {
        name: parameter(parameters, "name")?,
        filename: extended(parameters).or_else(|| parameter(parameters, "filename")),
    })
}

/// `filename*=utf-8''percent-encoded`, as RFC 5987 has it.
fn extended(parameters: &str) -> Option<String> {
    let value = parameter(parameters, "filename*")?;
    let (_, encoded) = value.split_once("''")?;
    let decoded = percent_encoding::percent_decode_str(encoded);
    Some(decoded.decode_utf8_lossy().into_owned())
}

/// A parameter of a header's value: `a=b; c="d \" e"`.
fn parameter(parameters: &str, wanted: &str) -> Option<String> {
    let mut rest = parameters;
    loop {
        let (name, after) = rest.split_once('=')?;
        let (value, next) = value_of(after);
        if name
            .trim_matches([' ', '\t', ';'])
            .eq_ignore_ascii_case(wanted)
        {
            return Some(value);
        }
        rest = next;
    }
}

/// A quoted or plain value, and what follows its semicolon.
fn value_of(text: &str) -> (String, &str) {
    let Some(quoted) = text.trim_start().strip_prefix('"') else {
        let (value, next) = text.split_once(';').unwrap_or((text, ""));
        return (value.trim().to_owned(), next);
    };
    let mut value = String::new();
    let mut characters = quoted.char_indices();
    while let Some((at, character)) = characters.next() {
        match character {
            '"' => return (value, quoted.get(at + 1..).unwrap_or_default()),
            '\\' => value.extend(characters.next().map(|(_, escaped)| escaped)),
            plain => value.push(plain),
        }
    }
    (value, "")
}

#[cfg(test)]
mod tests {
    use super::*;

    type Part = (String, Option<String>, Vec<u8>);

    fn parse(boundary: &str, body: &[u8], chunk: usize) -> Result<Vec<Part>, Malformed> {
        let mut parser = Parser::new(boundary);
        let mut parts = Vec::new();
        for bytes in body.chunks(chunk) {
            let mut pieces = Vec::new();
            parser.feed(Bytes::copy_from_slice(bytes), &mut pieces)?;
            for piece in pieces {
                match piece {
                    Piece::Start { name, filename } => parts.push((name, filename, Vec::new())),
                    Piece::Content(bytes) => parts
                        .last_mut()
                        .expect("a part")
                        .2
                        .extend_from_slice(&bytes),
                    Piece::End => {}
                }
            }
        }
        parser.finish()?;
        Ok(parts)
    }

    const BODY: &[u8] = b"--b\r\nContent-Disposition: form-data; name=\"chat_id\"\r\n\r\n-1\r\n--b\r\ncontent-disposition:form-data;name=\"x\";filename=y.bin\r\ncontent-type:application/octet-stream\r\n\r\n\r\n--\r\n--bb\r\r\n-\r\n--b--\r\n";

    #[test]
    fn a_body_is_the_same_in_chunks_of_any_size() {
        let whole = parse("b", BODY, BODY.len());
        // A delimiter with more behind it than a line's end is none of ours.
        assert_eq!(whole, Err(Malformed));
        let body = String::from_utf8_lossy(BODY).replace("\r\n--bb", "\r\n--c");
        let expected = vec![
            ("chat_id".to_owned(), None, b"-1".to_vec()),
            (
                "x".to_owned(),
                Some("y.bin".to_owned()),
                b"\r\n--\r\n--c\r\r\n-".to_vec(),
            ),
        ];
        for chunk in 1..=body.len() {
            assert_eq!(
                parse("b", body.as_bytes(), chunk).as_ref(),
                Ok(&expected),
                "chunks of {chunk}"
            );
        }
    }

    #[test]
    fn values_are_read_quoted_escaped_and_plain() {
        assert_eq!(
            parameter(" name=\"a\"; filename=\"b \\\" c;=\"", "filename").as_deref(),
            Some("b \" c;=")
        );
        assert_eq!(
            parameter("name=a;filename=b", "filename").as_deref(),
            Some("b")
        );
        assert_eq!(
            extended("name=a; filename*=utf-8''%C3%A4.bin").as_deref(),
            Some("ä.bin")
        );
        assert_eq!(
            boundary("multipart/form-data; boundary=\"x y\"").as_deref(),
            Some("x y")
        );
        assert_eq!(boundary("application/json"), None);
    }

    #[test]
    fn a_body_that_breaks_off_is_malformed() {
        assert_eq!(
            parse(
                "b",
                b"--b\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1\r\n",
                7
            ),
            Err(Malformed)
        );
        assert_eq!(
            parse("b", b"--b\r\nContent-Type: text/plain\r\n\r\n1\r\n--b--", 7),
            Err(Malformed)
        );
    }
}
