// Package shelf keeps the content that is being served: it loads it, takes
// good changes over while requests go on, keeps bad ones out, and ends
// embargoes when their time comes.
package shelf
