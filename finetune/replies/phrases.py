"""Phrase tables of finding products: leads, picks, reasons, trade-offs, closing words, comparisons, answers.

`[a|b]` is one of the alternatives. A line that starts with `~` is casual, with `^` formal; others suit every tone.
`$t` is the pick's name with its price, `$r` a list of reasons, other `$` words likewise; `{…}` are placeholders.
No line may hold a digit, a name, or a word that says something about a product: facts come in by placeholder only.
"""

from __future__ import annotations

GREETING = (
    "Hello!", "Hello and welcome!", "Hi, nice to meet you.", "Welcome!", "Hello, good to see you.",
    "~Hi there!", "~Hey!", "~Hi! Good to see you.", "~Hey there, welcome!",
    "^Good day.", "^Good day and welcome.", "^Welcome. It is a pleasure to help.", "^Good day, how kind of you to write.",
)
SHOP_GREETING = (
    "Hello and welcome to {shop.name}!", "Welcome to {shop.name}!", "~Hi, welcome to {shop.name}!", "~Hey, this is {shop.name}!",
    "^Good day and welcome to {shop.name}.",
)

# --- what comes before the picks -----------------------------------------------------------------------------------

RELAXED = (
    "Nothing [in the shop|here] meets everything, so this had to give: $x.",
    "No product [meets|fits] all of it. What I had to set aside: $x.",
    "I could not find one that meets it all. Set aside: $x.",
    "[Your full list|All of it together] is not to be had here. I let go of this: $x.",
    "I searched for all of it and found nothing. Without this it works: $x.",
    "There is no match for everything you asked for. The least I could drop: $x.",
    "~No luck with the full list, so I dropped this: $x.",
    "~Nothing ticks every box, sorry. I had to skip this: $x.",
    "~Couldn't find it all in one. I let this go: $x.",
    "~So, nothing has it all. What gave way: $x.",
    "^I am afraid that nothing meets every wish. I have set this aside: $x.",
    "^Regrettably, no product meets all your requirements. The following had to give: $x.",
    "^I was unable to find a product with everything you asked for. I have left this out: $x.",
)
MISSING = (
    "We do not carry $x.", "I am sorry, we do not sell $x.", "The shop does not have $x.", "I looked for $x, but we do not carry that.",
    "~Sorry, we don't have $x.", "~No luck: we don't sell $x.",
    "^I am afraid that we do not carry $x.", "^I regret that $x cannot be found in our shop.",
)
ALTERNATIVE = (
    "The nearest thing we carry: $x.", "What comes closest here: $x.", "Closest to it in the shop: $x.", "~Closest we've got: $x.",
    "^The nearest that we can offer: $x.",
)
NOTHING = (
    "I found nothing for $x.", "I searched for $x and found nothing [that fits|to show you].", "Nothing in the shop fits $x.",
    "~No luck with $x, sorry.", "~I came up empty on $x.", "^I am sorry, I could not find anything for $x.",
)
NOTHING_AT_ALL = (
    "I found nothing [that fits|to show you].", "Nothing in the shop fits that.", "My search came back empty.", "~No luck this time, sorry.",
    "~I came up empty.", "^I am sorry, I could not find anything suitable.",
)
AFTER_NOTHING = (
    "[Tell me|Let me know] what could change and I will search again.", "If you can be flexible on something, tell me and I will look again.",
    "Put it in other words and I will try again.", "~Change something and I'll give it another go.", "~Tell me what's flexible and I'll dig again.",
    "^Please let me know what may be changed, and I will search again.",
)
BEHAVIOUR = (
    "Since you have looked at $x, I stayed close to that.", "You have been looking at $x, so I kept to that line.",
    "I noticed that you looked at $x and searched along those lines.", "Going by what you looked at: $x.",
    "You looked at $x, and that is what I went by.", "~Saw you looking at $x, so I stuck with that.", "~You've been checking out $x, so here's more in that line.",
    "^As you have looked at $x, I have kept to that.", "^Since you looked at $x, I have taken that as guidance.",
)
NEEDS = (
    "What I went by: $x.", "I kept to this: $x.", "I searched with this in mind: $x.", "Your list: $x.", "You asked for this: $x.",
    "~Your wish list: $x.", "~Stuck to your list: $x.", "^I have observed the following: $x.", "^Your requirements: $x.",
)
CHANGED = (
    "Noted, I have searched again.", "Understood, here is the new search.", "I have taken that in.", "All right, I looked again with that.",
    "~Got it, searched again.", "~Sure, here we go again.", "~Okay, updated.", "^Certainly, I have taken that into account.", "^Thank you, I have searched anew.",
)
REJECTED = (
    "Understood, that one is out.", "All right, I have taken it off the list.", "Fair enough, I looked for something else.", "Noted, not that one.",
    "~Okay, scrap that one.", "~No worries, that one's gone.", "^Certainly, I have removed it from the selection.", "^I understand. I have looked for something else.",
)
MORE = (
    "Here is what else there is.", "I looked further.", "There is more to see.", "Here is a further look.", "~Sure, there's more.",
    "~Here's what else I've got.", "^Certainly, here is a further selection.", "^I have looked further for you.",
)

# --- one pick ------------------------------------------------------------------------------------------------------

NAME_PRICE = ("$t at $p", "$t for $p", "$t ($p)")
NAME_BRACKETS = ("$t ($p)",)
NAME_SALE = ("$t at $p, down from $w", "$t ($p, before $w)", "$t, now $p and before $w", "$t for $p instead of $w")
RATED = (", rated $s",)
FIRST = (
    "I would start with $n", "My first choice is $n", "The best match is $n", "First of all, look at $n", "I suggest $n", "I recommend $n",
    "The first to look at is $n", "Have a look at $n", "At the top of my list is $n", "~I'd go for $n", "~Check out $n", "~My pick is $n",
    "~I'd start with $n", "~Top of my list is $n", "^May I suggest $n", "^I would recommend $n", "^My first recommendation is $n",
    "^Allow me to suggest $n",
)
FIRST_FOR = (
    "For $k, I would start with $n", "For $k, I suggest $n", "For $k, my first choice is $n", "For $k, the best match is $n",
    "For $k, first look at $n", "In the search for $k, I begin with $n", "For $k, I recommend $n", "~For $k, I'd go for $n",
    "~For $k, check out $n", "~For $k, my pick is $n", "^For $k, I would recommend $n", "^For $k, may I suggest $n", "^For $k, my first recommendation is $n",
)
EXTREME = (
    "The $e that fits is $n", "The $e I can find is $n", "The $e here is $n", "~The $e I've found is $n", "~The $e of the lot is $n",
    "^The $e that I can offer is $n",
)
EXTREME_FOR = (
    "For $k, the $e is $n", "For $k, the $e that fits is $n", "For $k, the $e I can find is $n", "~For $k, the $e I've got is $n",
    "^For $k, the $e that I can offer is $n",
)
NEXT = (
    "Another [option|choice] is $n", "Then there is $n", "Next comes $n", "Also worth a look is $n", "You could also take $n", "A second look goes to $n",
    "Beside it stands $n", "A good alternative is $n", "~There's also $n", "~Or try $n", "~Also nice to look at is $n",
    "^A further option is $n", "^You may also wish to consider $n", "^Also to be considered is $n",
)
LAST = ("Finally, there is $n", "Last on the list is $n", "And then there is $n", "To round it off, there is $n", "~And last up is $n", "~And then there's $n",
        "^Finally, I would mention $n", "^Lastly, there is $n")
REASONS = (": $r", ": $r", ": $r", " – $r", ". Why it fits: $r", ". What speaks for it: $r", ". In its favour: $r", ". Reasons: $r")
TRADEOFF = (
    "One trade-off: $x.", "The catch: $x.", "To keep in mind: $x.", "What it does not meet: $x.", "Against it: $x.", "Worth knowing: $x.",
    "~Only snag: $x.", "~One thing, though: $x.", "^Please note: $x.", "^One reservation: $x.",
)
REVIEW = ('One review says: "$x".', 'A buyer wrote: "$x".', 'From a review: "$x".', '~Someone who bought it says: "$x".', '^A customer wrote: "$x".')
LIST_LEAD = (
    "Here is my [list|selection]:", "This is what I found:", "These [come closest|are worth a look]:", "Here they are, the best match first:",
    "What I would look at, best match first:", "~Here's what I found:", "~Have a look at these:", "~Here you go:",
    "^Here is my selection:", "^I would suggest the following:",
)
LIST_LEAD_FOR = (
    "Here is my [list|selection] for $k:", "This is what I found for $k:", "For $k, I would look at these:", "For $k, the best match first:",
    "~For $k, have a look at these:", "~Here's what I've got for $k:", "^For $k, I would suggest the following:",
)
LIST_ITEM = ("- $n: $r", "- $n: $r", "- $n – $r")

# --- how a reply ends ----------------------------------------------------------------------------------------------

CLOSE_ONE = (
    "Say so and I will put it in your basket.", "Ask me anything about it.", "If it is not quite right, tell me why.", "I can look for others, too.",
    "~Just say if you want it.", "~Ask away if anything's unclear.", "^Please let me know if you have any questions about it.",
    "^I would gladly look for others.",
)
CLOSE_MANY = (
    "I can compare them for you.", "Tell me which one you like and I will go into detail.", "If one of them is close, tell me what is missing.",
    "Ask me anything about them.", "I can set them side by side.", "~Just shout if you want them compared.", "~Tell me which one you like.",
    "^I would gladly compare them for you.", "^Please let me know which one appeals to you.",
)
NEXT_NEED = (
    "After that, we can turn to $x.", "Then we can look for $x.", "I have not forgotten that you also want $x.", "~And then on to $x.", "~We'll get to $x next.",
    "^Afterwards, I will gladly help with $x.",
)

# --- comparing -----------------------------------------------------------------------------------------------------

COMPARE_LEAD = (
    "Here [is|comes] the comparison of $x.", "Side by side: $x.", "Let me compare $x.", "~Okay, head to head: $x.",
    "~Here they are side by side: $x.", "^Here is a comparison of $x.", "^I have compared $x for you.",
)
DIFF_TWO = ("- $d: $a against $b", "- $d: $a and $b", "- $d: $a, the other $b")
DIFF_MANY = ("- $d: $x", "- $d, in the same order: $x")
DIFF_SENTENCE_TWO = ("On $d it is $a against $b.", "Their $d: $a against $b.", "For $d: $a and $b.")
DIFF_SENTENCE_MANY = ("Their $d, in the same order: $x.", "For $d, in the same order: $x.")
COMPARE_REASON = ("For the $o: $r.", "The $o: $r.", "What speaks for the $o: $r.")
COMPARE_RATING = ("The $o is rated $r.", "Buyers rated the $o $r.")
COMPARE_TRADEOFF = ("Against the $o: $r.", "The $o, to keep in mind: $r.")
ORDINALS = ("first", "second", "third", "fourth")
COMPARE_CLOSE = (
    "Tell me what matters most to you and I will pick one.", "If one thing decides, tell me which.", "The table has the rest.",
    "~Tell me what matters and I'll pick.", "^Please tell me what matters most, and I will advise you.",
)

# --- answering from the record -------------------------------------------------------------------------------------

ANSWER = (
    "The product details of $n say $a.", "For $n, the product details say $a.", "$n is listed with $a.", "About $n I can tell you this: $a.", "I looked at $n and found $a.",
    "According to its product details, $n has $a.", "~For $n it says $a.", "~Looked it up: $n is listed with $a.", "^For $n, the product details state $a.",
    "^I have looked this up: $n is listed with $a.",
)
ANSWER_PLAIN = (
    "The product details say $a.", "What I can tell you: $a.", "According to the product details: $a.", "~Looked it up, it says $a.", "^The product details state $a.",
)
UNKNOWN = (
    "The product details do not say anything about $x.", "On $x the product details are silent, so I will not guess.", "I cannot tell about $x: the product details do not say.",
    "What I do not know: $x. The product details say nothing about it.", "~No idea about $x, sorry: the product details don't say.",
    "~Can't say about $x, the product details don't tell.", "^I regret that the product details do not state anything about $x.",
    "^As to $x, I have no information and would rather not guess.",
)
UNKNOWN_OF = (
    "For $n, the product details do not say anything about $x.", "The product details of $n are silent on $x, so I will not guess.",
    "I cannot tell about $x for $n: the product details do not say.", "~For $n, no word on $x in the product details, sorry.",
    "^For $n, I have no information about $x and would rather not guess.",
)
SHOWN = ("This is about $n.", "We are looking at $n.", "~So, $n.", "^This concerns $n.")
NO_ANSWER = ("I have no answer to that in the product details.", "The product details do not tell.", "~Can't find that in the product details, sorry.", "^I regret that the product details hold no answer.")
