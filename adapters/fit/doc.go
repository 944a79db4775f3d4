// Package fit pages any message under a platform's limits. It is the only
// place that counts characters and cuts text: what a page costs it asks the
// platform's renderer, which alone knows its markup, its escapes and its
// buttons.
//
// # Where pages break
//
// A page holds as much as fits. Its end is then sought back to the best place
// that leaves the page at least half as full as it could be, and among equals
// the last one:
//
//  1. between blocks, items, rows, notes and sources
//  2. between the lines of a text
//  3. after a sentence (。！？!?.…), with the closing marks that follow it
//  4. after ； or ：
//  5. after ， or 、
//  6. at a space
//  7. between two characters
//  8. between a title and what it introduces: a paragraph that ends in no
//     full stop and the list, table or quotation behind it; the title and the
//     text of an item, the name and the value of a row, the words of a
//     quotation and who said them. Such a place is taken only where the page
//     has no better one, half full or not.
//
// What belongs together is broken only where it alone is larger than a page,
// and then as far as is necessary: first what Options.Keep reports, then
// names (neighbouring Latin words with capitals, what "·" joins), then words,
// numbers and addresses, then a closing mark from what it closes, last the code
// points of one character. Before that no page begins with a closing mark.
//
// # What becomes of a block
//
// A list goes on as a list with the next number. The rest of an item's text
// and of a row's value is a paragraph on the next page, with neither number
// nor name, so that nobody takes it for another point; what the item leads to
// stays with its first part. A paragraph stays strong. The name under a
// quotation stands under its last part. Sources follow the notes, as in
// bot.PlainText. White space and dividers at a break vanish.
//
// # What is given up
//
// Where a page has no room for anything beside the title, the page goes
// without title and address; where the first page has none, the title becomes
// its first paragraph and no page bears it. Next, actions are given up, the
// last one first; then the date and the address of a source are written as
// text; then what an item leads to is left out. Where even one code point with
// nothing beside it does not fit, or MaxPages are full, the rest is left out.
// The page on which anything but a title and actions was left out says so:
// see [bot.Page].
package fit
