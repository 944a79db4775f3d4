package gateway

import "encoding/binary"

// Bounds of what a server may send.
const (
	maxPeek    = 1024     // bytes of a message that is looked into; those about the connection are far shorter
	maxMessage = 64 << 20 // bytes of a message; a server of a hundred thousand members is a few million
	maxControl = 125      // bytes in a control frame, RFC 6455 section 5.5
)

// Opcodes of WebSocket frames, RFC 6455 section 5.2.
const (
	frameContinuation = 0x0
	frameText         = 0x1
	frameClose        = 0x8
	frameControl      = 0x8 // set in every opcode of a control frame
)

// frames follows what a server sends over one WebSocket connection, from the
// HTTP response on, and reports what is in it. It keeps no more than the first
// maxPeek bytes of a message.
type frames struct {
	// message is called for each whole message with its payload, nil where it is
	// longer than maxPeek or is not text. closed is called with the code of a
	// close frame, zero where there is none. Both return false to end the
	// connection before the last byte is handed on.
	message func(payload []byte) bool
	closed  func(code int) bool

	part    int // of what the next byte belongs to
	matched int // bytes of the empty line after the response
	head    []byte
	opcode  byte
	final   bool
	left    uint64 // bytes of the frame's payload that have not come
	control []byte // payload of a control frame
	text    bool   // whether the message is
	size    uint64 // of the message so far
	peeked  []byte // the beginning of the message
}

// The parts of what a server sends.
const (
	partResponse = iota
	partHead
	partPayload
)

// see looks at bytes that came and returns how many of them may be handed on.
// ok is false where the connection must end after them.
func (f *frames) see(p []byte) (pass int, ok bool) {
	for i := 0; i < len(p); {
		whole := false
		switch f.part {
		case partResponse:
			f.response(p[i])
			i++
		case partHead:
			f.head = append(f.head, p[i])
			i++
			complete, ok := f.open()
			if !ok {
				return i - 1, false
			}
			if complete {
				f.part, f.head = partPayload, f.head[:0]
				whole = f.left == 0
			}
		default:
			n := int(min(f.left, uint64(len(p)-i)))
			f.keep(p[i : i+n])
			i += n
			f.left -= uint64(n)
			whole = f.left == 0
		}
		if whole {
			f.part = partHead
			if !f.frame() {
				return i - 1, false
			}
		}
	}
	return len(p), true
}

// response waits for the empty line that ends the response to the upgrade.
func (f *frames) response(b byte) {
	const end = "\r\n\r\n"
	switch b {
	case end[f.matched]:
		f.matched++
	case end[0]:
		f.matched = 1
	default:
		f.matched = 0
	}
	if f.matched == len(end) {
		f.part = partHead
	}
}

// open reads the head of a frame, as far as it has come. It is not ok where a
// server may not send such a frame, or one as long.
func (f *frames) open() (complete, ok bool) {
	if len(f.head) < 2 {
		return false, true
	}
	if f.head[1]&0x80 != 0 { // masked, which only clients do
		return false, false
	}
	size := uint64(f.head[1])
	switch {
	case size == 126 && len(f.head) < 4, size == 127 && len(f.head) < 10:
		return false, true
	case size == 126:
		size = uint64(binary.BigEndian.Uint16(f.head[2:]))
	case size == 127:
		size = binary.BigEndian.Uint64(f.head[2:])
	}
	f.opcode, f.final, f.left = f.head[0]&0xf, f.head[0]&0x80 != 0, size
	if f.opcode&frameControl != 0 {
		f.control = f.control[:0]
		return true, size <= maxControl && f.final
	}
	if f.opcode != frameContinuation {
		f.text, f.size, f.peeked = f.opcode == frameText, 0, f.peeked[:0]
	}
	return true, size <= maxMessage && f.size+size <= maxMessage
}

// keep takes in a part of a frame's payload.
func (f *frames) keep(p []byte) {
	if f.opcode&frameControl != 0 {
		f.control = append(f.control, p...)
		return
	}
	f.size += uint64(len(p))
	f.peeked = append(f.peeked, p[:min(len(p), maxPeek-len(f.peeked))]...)
}

// frame reports what is complete with the end of a frame.
func (f *frames) frame() bool {
	switch {
	case f.opcode == frameClose && len(f.control) >= 2:
		return f.closed(int(binary.BigEndian.Uint16(f.control)))
	case f.opcode == frameClose:
		return f.closed(0)
	case f.opcode&frameControl != 0 || !f.final:
		return true
	case !f.text || f.size > maxPeek:
		return f.message(nil)
	default:
		return f.message(f.peeked)
	}
}
