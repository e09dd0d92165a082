"""Why a network says what it says, and whether that explanation can be believed."""
