//! How a stream is cut must not matter.

use proptest::prelude::{Strategy, any, prop, prop_oneof, proptest};

use super::feed;

fn request() -> impl Strategy<Value = Vec<u8>> {
    let body = prop::collection::vec(any::<u8>(), 0..40);
    prop_oneof![
        "[a-z]{0,9}"
            .prop_map(|path| format!("GET /{path} HTTP/1.1\r\nHost: a\r\n\r\n").into_bytes()),
        body.clone().prop_map(with_length),
        prop::collection::vec(body, 0..4).prop_map(|chunks| with_chunks(&chunks)),
    ]
}

fn with_length(body: Vec<u8>) -> Vec<u8> {
    let head = format!("PUT /x HTTP/1.1\r\nHost: a\r\nContent-Length: {}\r\n\r\n", body.len());
    [head.into_bytes(), body].concat()
}

fn with_chunks(chunks: &[Vec<u8>]) -> Vec<u8> {
    let mut request = b"PUT /x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n".to_vec();
    for chunk in chunks.iter().filter(|chunk| !chunk.is_empty()) {
        request.extend(format!("{:x};n=\"v\"\r\n", chunk.len()).bytes());
        request.extend(chunk);
        request.extend(b"\r\n");
    }
    request.extend(b"0\r\nX-Sum: 1\r\n\r\n");
    request
}

/// Cuts a stream at these places, taken modulo its length.
fn cut<'a>(stream: &'a [u8], places: &[usize]) -> Vec<&'a [u8]> {
    let mut places: Vec<usize> = places.iter().map(|place| place % (stream.len() + 1)).collect();
    places.push(stream.len());
    places.sort_unstable();
    let mut from = 0;
    let mut pieces = Vec::new();
    for place in places {
        pieces.push(&stream[from..place]);
        from = place;
    }
    pieces
}

proptest! {
    #[test]
    fn any_cut_of_a_pipelined_stream_gives_the_same_requests(
        requests in prop::collection::vec(request(), 1..5),
        places in prop::collection::vec(any::<usize>(), 0..12),
    ) {
        let stream = requests.concat();
        let outcome = feed(&cut(&stream, &places));
        assert_eq!(outcome.status, None);
        assert_eq!(outcome.passed, stream.len());
        assert_eq!(outcome.heads as usize, requests.len());
        assert!(!outcome.is_in_body);
    }

    #[test]
    fn any_cut_of_any_bytes_gives_the_same_verdict(
        mut stream in prop::collection::vec(request(), 1..4).prop_map(|requests| requests.concat()),
        place in any::<usize>(),
        byte in any::<u8>(),
        places in prop::collection::vec(any::<usize>(), 0..12),
    ) {
        let place = place % stream.len();
        stream[place] = byte;
        let whole = feed(&[&stream]);
        let pieces = feed(&cut(&stream, &places));
        assert_eq!((whole.status, whole.heads), (pieces.status, pieces.heads));
    }
}
