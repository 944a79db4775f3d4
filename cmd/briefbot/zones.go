package main

// The zone database, for machines and images that have none.
import _ "time/tzdata"
