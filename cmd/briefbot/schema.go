package main

import (
	"io"

	"github.com/spf13/cobra"

	"briefbot/content/briefings"
)

func (p *program) schemaCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "schema",
		Short: "Print the JSON Schema of briefing files",
		Long: `Print the JSON Schema of briefing files. Saved beside briefings and named in
their first line it gives editors completion:

  # yaml-language-server: $schema=briefing.schema.json`,
		Example: "  briefbot schema >my-briefings/briefing.schema.json",
		Args:    usage(cobra.NoArgs),
		RunE: func(*cobra.Command, []string) error {
			_, err := io.WriteString(p.out, briefings.Schema())
			return err
		},
	}
}
