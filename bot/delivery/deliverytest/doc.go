// Package deliverytest holds what tests of delivery share: a store in memory
// whose clock is that of the test, and a platform that counts what it was
// given and fails as it is told to.
package deliverytest
