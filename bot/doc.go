// Package bot is the platform-agnostic core: what a command is, what a reply
// looks like and how a request finds its command. Adapters turn a platform's
// events into a Request, hand it to a Responder and render the Reply; they
// hold nothing about answers.
package bot
