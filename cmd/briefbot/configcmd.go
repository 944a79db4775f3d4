package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/spf13/cobra"
)

func (p *program) configCommand() *cobra.Command {
	var format string
	command := &cobra.Command{
		Use:   "config",
		Short: "Print the configuration that holds, secrets masked",
		Long: `Print the configuration that holds: each key, its value and where it was set.
Secrets are masked. --format yaml prints a file that can be used as config.yaml.`,
		Args: usage(cobra.NoArgs),
		RunE: func(command *cobra.Command, _ []string) error {
			c, err := readConfig(p.configPath, command.Flags())
			if err != nil {
				return err
			}
			switch format {
			case "text":
				return c.writeText(p.out)
			case "yaml":
				return c.writeYAML(p.out)
			}
			return usageError{fmt.Errorf("--format is %q: it must be text or yaml", format)}
		},
	}
	command.Flags().StringVar(&format, "format", "text", "text or yaml")
	proposeValues(command, "format", "text", "yaml")
	addSettings(command, "content", "address", "history", "log-level", "log-format")
	return command
}

// addSettings gives a command the flags of settings.
func addSettings(command *cobra.Command, names ...string) {
	for _, s := range defaultConfig().settings() {
		for _, name := range names {
			if s.flag == name {
				addSetting(command, s)
			}
		}
	}
}

func addSetting(command *cobra.Command, s setting) {
	switch def := s.value.get().(type) {
	case []string:
		command.Flags().StringArray(s.flag, def, s.usage)
	case bool:
		command.Flags().Bool(s.flag, def, s.usage)
	default:
		command.Flags().String(s.flag, fmt.Sprint(def), s.usage)
	}
	if v, ok := s.value.(interface{ options() []string }); ok {
		proposeValues(command, s.flag, v.options()...)
	}
}

// proposeValues tells shell completion what a flag takes.
func proposeValues(command *cobra.Command, flag string, values ...string) {
	// It fails only for a flag that is not there.
	_ = command.RegisterFlagCompletionFunc(flag, cobra.FixedCompletions(values, cobra.ShellCompDirectiveNoFileComp))
}

// shown returns the value of a setting as it may be printed.
func (s setting) shown() any {
	v := s.value.get()
	if s.secret && v != "" {
		return mask
	}
	return v
}

func (c *config) writeText(w io.Writer) error {
	settings := c.settings()
	wide := 0
	for _, s := range settings {
		wide = max(wide, len(s.key))
	}
	file := c.File
	if file == "" {
		file = "none"
	}
	if _, err := fmt.Fprintf(w, "# configuration file: %s\n", file); err != nil {
		return err
	}
	for _, s := range settings {
		text := fmt.Sprint(s.shown())
		if all, ok := s.shown().([]string); ok {
			text = strings.Join(all, ", ")
		}
		from := c.origins[s.key]
		if from == "" {
			from = "default"
		}
		if _, err := fmt.Fprintf(w, "%-*s = %-24s # %s\n", wide, s.key, text, from); err != nil {
			return err
		}
	}
	return nil
}

func (c *config) writeYAML(w io.Writer) error {
	var doc yaml.MapSlice
	for _, s := range c.settings() {
		section, name, _ := strings.Cut(s.key, ".")
		last := len(doc) - 1
		if last < 0 || doc[last].Key != section {
			doc = append(doc, yaml.MapItem{Key: section, Value: yaml.MapSlice{}})
			last++
		}
		doc[last].Value = append(doc[last].Value.(yaml.MapSlice), yaml.MapItem{Key: name, Value: s.shown()})
	}
	b, err := yaml.MarshalWithOptions(doc, yaml.IndentSequence(true))
	if err != nil {
		return err
	}
	_, err = w.Write(b)
	return err
}
