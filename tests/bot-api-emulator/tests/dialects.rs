//! Bodies byte for byte as foreign clients write them. What the clients themselves see is asked by `clients/run`.

use crate::wire::Fixture;

/// Bytes that look like delimiters, but are none.
const PART: &[u8] = b"\r\n--\r\n--b0\r\n\r\n\x00\xff--";

/// Sends a body as it is, with a length or in chunks of 7 bytes.
async fn understood(fixture: &Fixture, content_type: &str, body: &[u8], chunked: bool) {
    let framing = if chunked {
        "Transfer-Encoding: chunked".to_owned()
    } else {
        format!("Content-Length: {}", body.len())
    };
    let mut request = format!(
        "POST /bot{}/sendDocument HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: {content_type}\r\n{framing}\r\n\r\n",
        fixture.token
    )
    .into_bytes();
    if chunked {
        for chunk in body.chunks(7) {
            request.extend_from_slice(format!("{:x}\r\n", chunk.len()).as_bytes());
            request.extend_from_slice(chunk);
            request.extend_from_slice(b"\r\n");
        }
        request.extend_from_slice(b"0\r\n\r\n");
    } else {
        request.extend_from_slice(body);
    }
    let reply = fixture.raw(&request).await.expect("a reply");
    assert_eq!(reply.status, 200, "{}", reply.text());
    let document = &reply.json()["result"]["document"];
    assert_eq!(document["file_name"], "part.bin");
    let file_id = document["file_id"].as_str().expect("an id").to_owned();
    let path = fixture.path(&file_id).await;
    assert_eq!(fixture.download(&path).await.body, PART);
}

/// Parts of a form: their heads as the client writes them, and their contents.
fn form(boundary: &str, parts: &[(&str, &[u8])]) -> Vec<u8> {
    let mut body = Vec::new();
    for (head, content) in parts {
        body.extend_from_slice(format!("--{boundary}\r\n{head}\r\n\r\n").as_bytes());
        body.extend_from_slice(content);
        body.extend_from_slice(b"\r\n");
    }
    body.extend_from_slice(format!("--{boundary}--\r\n").as_bytes());
    body
}

#[tokio::test]
async fn teloxide() {
    let fixture = Fixture::new().await;
    let chat = fixture.chat.to_string();
    let id = "9a1fbd8f-0a5c-4f2f-9b5f-9d3a7c9b6f10";
    let boundary = "2f1c7a3b9d5e4c60-8a7b6c5d4e3f2a10-1122334455667788-99aabbccddeeff00";
    let attach = format!("attach://{id}");
    let file = format!(
        "Content-Disposition: form-data; name=\"{id}\"; filename=\"part.bin\"\r\nContent-Type: application/octet-stream"
    );
    let body = form(
        boundary,
        &[
            (
                "Content-Disposition: form-data; name=\"chat_id\"",
                chat.as_bytes(),
            ),
            (
                "Content-Disposition: form-data; name=\"document\"",
                attach.as_bytes(),
            ),
            (
                "Content-Disposition: form-data; name=\"disable_content_type_detection\"",
                b"true",
            ),
            (&file, PART),
        ],
    );
    let content_type = format!("multipart/form-data; boundary={boundary}");
    understood(&fixture, &content_type, &body, false).await;
    understood(&fixture, &content_type, &body, true).await;
}

#[tokio::test]
async fn aiogram() {
    let fixture = Fixture::new().await;
    let chat = fixture.chat.to_string();
    let boundary = "0f3c1d2e4b5a69788796a5b4c3d2e1f0";
    let text = "Content-Type: text/plain; charset=utf-8\r\nContent-Disposition: form-data; name=";
    let (chat_head, document_head) = (format!("{text}\"chat_id\""), format!("{text}\"document\""));
    let body = form(
        boundary,
        &[
            (&chat_head, chat.as_bytes()),
            (&document_head, b"attach://aGVsbG8"),
            (
                "Content-Type: application/octet-stream\r\nContent-Disposition: form-data; name=\"aGVsbG8\"; filename=\"part.bin\"",
                PART,
            ),
        ],
    );
    let content_type = format!("multipart/form-data; boundary={boundary}");
    understood(&fixture, &content_type, &body, true).await;
    understood(&fixture, &content_type, &body, false).await;
}

#[tokio::test]
async fn grammy_without_quotes_around_the_file_name() {
    let fixture = Fixture::new().await;
    let chat = fixture.chat.to_string();
    let boundary = "----------5b5a6e6c0f1c4d7e";
    let body = form(
        boundary,
        &[
            (
                "content-disposition:form-data;name=\"chat_id\"",
                chat.as_bytes(),
            ),
            (
                "content-disposition:form-data;name=\"document\"",
                b"attach://k3j2h1",
            ),
            (
                "content-disposition:form-data;name=\"k3j2h1\";filename=part.bin\r\ncontent-type:application/octet-stream",
                PART,
            ),
        ],
    );
    let content_type = format!("multipart/form-data; boundary={boundary}");
    understood(&fixture, &content_type, &body, true).await;
}

#[tokio::test]
async fn python_telegram_bot() {
    let fixture = Fixture::new().await;
    let chat = fixture.chat.to_string();
    let boundary = "d1e2f3a4b5c6d7e8f90a1b2c3d4e5f60";
    let body = form(
        boundary,
        &[
            (
                "Content-Disposition: form-data; name=\"chat_id\"",
                chat.as_bytes(),
            ),
            (
                "Content-Disposition: form-data; name=\"document\"; filename=\"part.bin\"\r\nContent-Type: application/octet-stream",
                PART,
            ),
        ],
    );
    let content_type = format!("multipart/form-data; boundary={boundary}");
    understood(&fixture, &content_type, &body, false).await;
}

#[tokio::test]
async fn telegraf() {
    let fixture = Fixture::new().await;
    let chat = fixture.chat.to_string();
    let boundary = "abcdef0123456789abcdef0123456789";
    let mut body = b"\r\n".to_vec();
    body.extend(form(
        boundary,
        &[
            ("content-disposition: form-data; name=\"chat_id\"", chat.as_bytes()),
            ("content-disposition: form-data; name=\"document\"; filename=\"part.bin\"\r\nContent-Type: application/octet-stream", PART),
        ],
    ));
    let content_type = format!("multipart/form-data; boundary=\"{boundary}\"");
    understood(&fixture, &content_type, &body, true).await;
}
