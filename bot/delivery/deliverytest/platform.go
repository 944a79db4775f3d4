package deliverytest

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"briefbot/bot"
	"briefbot/content"
)

// Platform is a bot.Sender that keeps what it was given, takes its time and
// fails as it is told to. It knows a post again by its key, but only where it is
// told that an attempt may have succeeded: as a platform does whose history has
// to be asked. It is safe for concurrent use.
type Platform struct {
	Takes time.Duration                           // each call, half of it before anything stands
	Fault func(ctx context.Context, c Call) Fault // what becomes of a call; nil for no faults

	mu     sync.Mutex
	posts  []Post
	tells  []Tell
	edits  []Edit
	broken []string
	most   int // calls under way at once
	now    int
}

// Call is one use of a Platform.
type Call struct {
	Method string // "Send", "Edit", "Below" or "Tell"
	To     bot.Place
	Key    bot.Key
}

// Fault is what goes wrong with a call.
type Fault struct {
	Err     error
	Stands  bool // what was sent stands all the same
	Panics  bool
	Hangs   bool // until the context ends
	Unknown bool // nobody knows whether it stands
}

// Post is a message that stands on a Platform.
type Post struct {
	ID  string
	To  bot.Place
	Key string
	bot.Page
	At time.Time
}

// Tell is a message to a user.
type Tell struct {
	To      bot.Place
	Message bot.Message
	Lang    content.Lang
	Key     string
}

// Edit is a change of a message.
type Edit struct {
	To   bot.Place
	Post string
	bot.Page
}

var _ bot.Sender = (*Platform)(nil)

// Posts returns what stands, in the order in which it was posted.
func (p *Platform) Posts() []Post {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.posts)
}

// Tells returns what users were told.
func (p *Platform) Tells() []Tell {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.tells)
}

// Edits returns what was changed.
func (p *Platform) Edits() []Edit {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.edits)
}

// Broken returns what it was asked that no deliverer may ask.
func (p *Platform) Broken() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.broken)
}

// Most returns how many calls were under way at once at most.
func (p *Platform) Most() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.most
}

// Twice returns the keys of which more than one post stands.
func (p *Platform) Twice() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	count := map[string]int{}
	var twice []string
	for _, post := range p.posts {
		if count[post.Key]++; count[post.Key] == 2 {
			twice = append(twice, post.Key)
		}
	}
	return twice
}

// Pages gives each point of a numbered list a page of its own.
func (p *Platform) Pages(m bot.Message, lang content.Lang) []bot.Page {
	page := m
	page.Blocks = nil
	var pages []bot.Page
	full := false
	for _, b := range m.Blocks {
		list, ok := b.(bot.List)
		if !ok || !list.Numbered {
			page.Blocks = append(page.Blocks, b)
			continue
		}
		for i, item := range list.Items {
			if full {
				pages = append(pages, bot.Page{Message: page, Lang: lang})
				page.Blocks = nil
			}
			page.Blocks = append(page.Blocks, bot.List{Numbered: true, Start: list.Start + i, Items: []bot.ListItem{item}})
			full = true
		}
	}
	pages = append(pages, bot.Page{Message: page, Lang: lang})
	for i := range pages {
		pages[i].Number, pages[i].Of = i+1, len(pages)
	}
	return pages
}

// News returns the titles of the numbered points of a post.
func (p Post) News() []string {
	var all []string
	for _, b := range p.Blocks {
		if list, ok := b.(bot.List); ok && list.Numbered {
			for _, item := range list.Items {
				all = append(all, item.Title)
			}
		}
	}
	return all
}

// call does what a call has in common with every other: do is what it changes.
func (p *Platform) call(ctx context.Context, c Call, do func()) error {
	p.mu.Lock()
	p.now++
	p.most = max(p.most, p.now)
	p.mu.Unlock()
	defer func() {
		p.mu.Lock()
		p.now--
		p.mu.Unlock()
	}()
	fault := Fault{}
	if p.Fault != nil {
		fault = p.Fault(ctx, c)
	}
	maybe := func(err error) error {
		if !c.Key.TriedAt.IsZero() || fault.Unknown || fault.Hangs {
			return fmt.Errorf("%w: %w", bot.ErrMaybePosted, err)
		}
		return err
	}
	if fault.Panics {
		panic("the platform panics")
	}
	if err := sleep(ctx, p.Takes/2); err != nil {
		return fmt.Errorf("%w: %w", bot.ErrMaybePosted, err) // it may have been on its way
	}
	if fault.Hangs {
		<-ctx.Done()
		return maybe(ctx.Err())
	}
	if fault.Err == nil || fault.Stands {
		p.mu.Lock()
		do()
		p.mu.Unlock()
	}
	if fault.Err != nil {
		return maybe(fault.Err)
	}
	if err := sleep(ctx, p.Takes/2); err != nil {
		return fmt.Errorf("%w: %w", bot.ErrMaybePosted, err)
	}
	return nil
}

func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Send implements bot.Sender.
func (p *Platform) Send(ctx context.Context, to bot.Place, page bot.Page, k bot.Key) (bot.Post, error) {
	p.check(to, k)
	if !k.TriedAt.IsZero() {
		if post, ok := p.find(k.ID); ok {
			return bot.Post{ID: post.ID, Thread: post.To.Thread, Found: true}, nil
		}
	}
	post := Post{To: to, Key: k.ID, Page: page}
	err := p.call(ctx, Call{"Send", to, k}, func() {
		post.ID, post.At = fmt.Sprint("m", len(p.posts)+1), time.Now() //nolint:forbidigo // the clock of the test's bubble
		p.posts = append(p.posts, post)
	})
	if err != nil {
		return bot.Post{}, err
	}
	return bot.Post{ID: post.ID, Thread: to.Thread}, nil
}

func (p *Platform) check(to bot.Place, k bot.Key) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if k.ID == "" || len(k.ID) > bot.MaxKeyID {
		p.broken = append(p.broken, fmt.Sprintf("the key %q", k.ID))
	}
	if to.Platform == "" || to.Channel == "" {
		p.broken = append(p.broken, fmt.Sprintf("the place %+v", to))
	}
}

func (p *Platform) find(key string) (Post, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, post := range p.posts {
		if post.Key == key {
			return post, true
		}
	}
	return Post{}, false
}

// Edit implements bot.Sender. A message is found where it stands alone.
func (p *Platform) Edit(ctx context.Context, to bot.Place, post string, page bot.Page) error {
	p.mu.Lock()
	if !slices.ContainsFunc(p.posts, func(stands Post) bool {
		return stands.ID == post && stands.To.Channel == to.Channel && stands.To.Thread == to.Thread
	}) {
		p.broken = append(p.broken, fmt.Sprintf("an edit of %s, which does not stand in %+v", post, to))
	}
	p.mu.Unlock()
	return p.call(ctx, Call{Method: "Edit", To: to}, func() {
		p.edits = append(p.edits, Edit{to, post, page})
	})
}

// Below implements bot.Sender. The thread of a post has its id.
func (p *Platform) Below(ctx context.Context, to bot.Place, post, _ string) (bot.Place, error) {
	if err := p.call(ctx, Call{Method: "Below", To: to}, func() {}); err != nil {
		return bot.Place{}, err
	}
	to.Thread = post
	return to, nil
}

// Tell implements bot.Sender.
func (p *Platform) Tell(ctx context.Context, to bot.Place, m bot.Message, lang content.Lang, k bot.Key) error {
	return p.call(ctx, Call{"Tell", to, k}, func() {
		p.tells = append(p.tells, Tell{to, m, lang, k.ID})
	})
}
