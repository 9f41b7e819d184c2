"""Phrase tables of everything else: questions back, policies, orders, basket, handing over, small talk.

Same notation as `finetune.replies.phrases`.
"""

from __future__ import annotations

# --- one question back, by attribute -------------------------------------------------------------------------------

ASK: dict[str, tuple[str, ...]] = {
    "price": (
        "What would you like to spend?", "What is your budget?", "How much may it cost?", "Which price range do you have in mind?", "Is there a limit on the price?",
        "~What's your budget?", "~How much do you want to spend?", "~Roughly what are you looking to pay?", "^May I ask what budget you have in mind?",
        "^What price range would suit you?",
    ),
    "size": (
        "Which size do you need?", "What size should it be?", "Which size would fit?", "How big should it be?", "~What size do you take?", "~Which size are you after?",
        "^May I ask which size you require?", "^Which size would be suitable?",
    ),
    "color": (
        "Which colour would you like?", "Is there a colour you prefer?", "What colour should it be?", "Do you have a colour in mind?", "~Any colour you'd like?",
        "~What colour are you after?", "^May I ask which colour you prefer?", "^Which colour would be to your taste?",
    ),
    "material": (
        "Which material would you like?", "What should it be made of?", "Is there a material you prefer?", "~What should it be made of, any idea?", "~Any material you like best?",
        "^May I ask which material you prefer?",
    ),
    "brand": (
        "Is there a brand you prefer?", "Do you have a brand in mind?", "Which brands do you like?", "~Any brand you like?", "~Got a favourite brand?",
        "^May I ask whether you prefer a brand?",
    ),
    "feature": (
        "What should it be able to do?", "Which feature matters most to you?", "Is there something it must have?", "What must it have?", "~What does it need to do?",
        "~Anything it has to have?", "^Which features do you require?", "^May I ask what it should be able to do?",
    ),
    "style": (
        "Which style do you like?", "What kind of style are you after?", "Is there a style you have in mind?", "~What's your style?", "~What look are you going for?",
        "^May I ask which style you prefer?",
    ),
    "use": (
        "What will you use it for?", "What do you need it for?", "Where will you use it most?", "What is it meant for?", "~What's it for?", "~What are you going to do with it?",
        "^May I ask what you intend to use it for?", "^For what purpose do you need it?",
    ),
    "occasion": (
        "What is the occasion?", "Is it for a special occasion?", "Which occasion is it for?", "~What's the occasion?", "^May I ask what the occasion is?",
    ),
    "recipient": (
        "Who is it for?", "Is it for you or for somebody else?", "Who will get it?", "For whom are you looking?", "~Who's it for?", "~Is it for you or someone else?",
        "^May I ask whom it is for?",
    ),
    "quantity": (
        "How many do you need?", "How many should it be?", "~How many are you after?", "^May I ask how many you require?",
    ),
    "delivery": (
        "By when do you need it?", "When should it be with you?", "Is there a day by which you need it?", "~When do you need it by?", "^May I ask by when you require it?",
    ),
    "condition": (
        "Should it be new, or may it be used?", "Do you want it new?", "~New, or is used okay?", "^May I ask whether it should be new?",
    ),
    "rating": (
        "How well rated should it be?", "Does the rating matter to you?", "~How much do ratings matter to you?", "^May I ask which rating you expect?",
    ),
    "product": (
        "What are you looking for?", "What can I find for you?", "What kind of thing do you have in mind?", "What would you like to see?", "~What are you after?",
        "~What can I dig up for you?", "^What may I find for you?", "^May I ask what you are looking for?",
    ),
    "order": (
        "What is the order number?", "Which order is it about?", "Can you give me the order number?", "~What's the order number?", "~Which order do you mean?",
        "^May I ask for the order number?",
    ),
    "pick": (
        "Which one do you mean?", "Which of them is it?", "Which one would you like?", "~Which one?", "~Which one are you after?", "^May I ask which one you mean?",
    ),
    "other": (
        "Is there anything else that matters?", "What else is important to you?", "What matters most to you?", "~Anything else that matters?", "^May I ask what else is important to you?",
    ),
}
ASK_FOR: dict[str, tuple[str, ...]] = {
    "price": ("What would you like to spend on $k?", "How much may $k cost?", "~How much do you want to spend on $k?", "^May I ask what you would like to spend on $k?"),
    "product": ("You are looking for $k: can you tell me more?",),
    "": ("You are looking for $k.", "So it is to be $k.", "Happy to help with $k.", "Let us find $k.", "~So, $k, nice.", "~Okay, $k it is.", "^I will gladly help you find $k.",
         "^Thank you, you are looking for $k."),
}
# Where there is no line here, a question of ASK that begins with a question word takes the options behind a colon.
ASK_OPTIONS: dict[str, tuple[str, ...]] = {
    "size": ("Which size do you need: $o?", "What size should it be, $o?", "~What size do you take: $o?", "^Which size do you require: $o?"),
    "color": ("Which colour would you like: $o?", "Should it be $o?", "~What colour: $o?", "^Which colour do you prefer: $o?"),
    "brand": ("Is there a brand you prefer: $o?", "Which brand, $o?", "~Any favourite: $o?", "^Do you prefer a brand: $o?"),
    "material": ("Which material would you like: $o?", "Should it be $o?", "~What should it be made of: $o?", "^Which material do you prefer: $o?"),
    "price": ("What would you like to spend: $o?", "Which price range: $o?", "~What's the budget: $o?", "^Which price range suits you: $o?"),
    "product": ("What are you looking for: $o?", "Is it $o?", "~What are you after: $o?", "^May I ask what you are looking for: $o?"),
    "pick": ("Which one do you mean: $o?", "Is it $o?", "~Which one: $o?", "^May I ask which one you mean: $o?"),
    "use": ("What will you use it for: $o?", "~What's it for: $o?", "^What do you intend to use it for: $o?"),
}
ASK_NAME = (
    "Which $a do you need?", "What should the $a be?", "Which $a would suit you?", "Do you have the $a in mind already?", "~Which $a are you after?",
    "~What $a do you need?", "^May I ask which $a you require?", "^Which $a would you prefer?",
)
ASK_NAME_OPTIONS = ("Which $a do you need: $o?", "Which $a would you like: $o?", "~Which $a: $o?", "^Which $a do you require: $o?")
ASK_CONFIRM = (
    "Did I get that right: $x?", "Just to be sure: $x?", "Did you mean $x?", "~So, $x, right?", "~Just checking: $x?", "^May I confirm: $x?",
    "^Did I understand you correctly: $x?",
)
ASK_LEAD = (
    "To narrow it down:", "One question first:", "So that I find the right one:", "Before I search:", "That leaves me with one question:", "~Quick question:", "~Just one thing:",
    "^One question, if I may:", "^So that I can advise you well:",
)

# --- policies ------------------------------------------------------------------------------------------------------

POLICY = (
    'Our policy says: "$x"', "Here is the clause: $x", 'The rule is this: "$x"', "$x", '~Here\'s the rule: "$x"', "~Here's what the policy says: $x", '^Our terms state: "$x"',
    "^The relevant clause reads: $x",
)
POLICY_SOURCE = (
    '$s says: "$x"', "$s: $x", 'It is in $s: "$x"', 'From $s: "$x"', '~It\'s all in $s: "$x"', '^$s states: "$x"', '^I refer to $s: "$x"',
)
POLICY_ALSO = ('Also: "$x"', "It goes on: $x", 'And: "$x"')
POLICY_SOURCE_ALSO = ('Also, $s: "$x"', "And $s: $x", 'Further, $s says: "$x"')
POLICY_NONE = (
    "I find no clause on that in our policies.", "Our policies say nothing on that, so I will not guess.", "There is no rule on that in what I can see.",
    "~Can't find a rule on that, sorry.", "~Nothing on that in our policies, sorry.", "^I regret that our policies do not address this.", "^I find no provision on that and would rather not guess.",
)
POLICY_NONE_OF = (
    "I find no clause about $x in our policies.", "Our policies say nothing about $x, so I will not guess.", "On $x there is no rule in what I can see.",
    "~Can't find a rule about $x, sorry.", "^I regret that our policies do not address $x.", "^I find no provision on $x and would rather not guess.",
)
POLICY_CLOSE = ("If your case is different, tell me more.", "Ask me if that leaves something open.", "~Shout if that's not what you meant.", "^Please let me know if anything remains open.",
                "If it is a special case, tell me about it.")

# --- orders --------------------------------------------------------------------------------------------------------

ORDER_STATUS_ID = ("Order $i is $x.", "Your order $i is $x.", "I looked it up: order $i is $x.", "~Found it: order $i is $x.", "^Your order $i is $x at present.")
ORDER_STATUS = ("Your order is $x.", "I looked it up: your order is $x.", "~Found it: your order is $x.", "^Your order is $x at present.")
ORDER_ID = ("This is about order $i.", "I have order $i before me.", "I found order $i.", "~Found order $i.", "^I have found your order $i.")
ORDER_ITEMS = ("It holds $x.", "In it: $x.", "What you ordered: $x.", "~That's $x.", "^It contains $x.")
ORDER_DATE = ("It was placed on $x.", "You ordered on $x.", "^You placed it on $x.")
ORDER_DELIVERY = ("Delivery: $x.", "As to delivery: $x.", "^Delivery: $x.")
ORDER_TRACKING = ("The tracking number is $x.", "You can follow it under $x.", "~Track it with $x.", "^You may follow it under the number $x.")
ORDER_TOTAL = ("The total is $x.", "In all: $x.", "^The total comes to $x.")
ORDER_NOT_FOUND_ID = ("I find no order $i.", "There is no order $i in what I can see.", "Order $i is not one I can find.", "~Can't find an order $i, sorry.", "^I regret that I cannot find an order $i.")
ORDER_NOT_FOUND = (
    "I cannot find that order.", "I find no order that fits.", "There is no such order in what I can see.", "~Can't find that order, sorry.", "~Hmm, no order like that.",
    "^I regret that I cannot find that order.",
)
ORDER_NOT_FOUND_CLOSE = ("Please check the number and send it again.", "~Mind checking the number again.", "^Kindly check the number once more.")
ORDER_CHANGE = ("You would like to change your order.", "A change to the order, then.", "~So you want to change the order.", "^I understand that you wish to change your order.")
ORDER_RETURN = ("You would like to send something back.", "A return, then.", "I am sorry that it was not right.", "~So you want to send it back.", "^I understand that you wish to return something.")
ORDER_CHANGE_CLOSE = ("Tell me what should be different.", "Tell me what to change and I will pass it on.", "~Just tell me what to change.", "^Please tell me what should be changed.")
ORDER_RETURN_CLOSE = ("Tell me which item it is and what was wrong.", "Tell me what was wrong with it.", "~Just tell me what's wrong with it.", "^Please tell me which item it concerns.")

# --- basket --------------------------------------------------------------------------------------------------------

ADDED = ("Done: $t is in your basket.", "I have put $t in your basket.", "$t is in your basket now.", "~Done! $t is in your basket.", "~In it goes: $t.", "^I have placed $t in your basket.",
         "^Certainly. $t is now in your basket.")
ADDED_PLAIN = ("Done, it is in your basket.", "I have put it in your basket.", "~Done, it's in your basket.", "^I have placed it in your basket.")
REMOVED = ("Done: $t is out of your basket.", "I have taken $t out of your basket.", "~Gone: $t is out of your basket.", "^I have removed $t from your basket.")
REMOVED_PLAIN = ("Done, it is out of your basket.", "I have taken it out.", "~Gone, it's out of your basket.", "^I have removed it from your basket.")
ALTERED = ("I have changed $t in your basket.", "Done, $t is changed in your basket.", "~Sorted, $t is changed.", "^I have amended $t in your basket.")
ALTERED_PLAIN = ("Your basket is changed.", "I have changed your basket.", "~Sorted, your basket is changed.", "^I have amended your basket.")
QUANTITY = ("Quantity: $x.", "Number of pieces: $x.", "^Quantity: $x.")
EMPTY = ("Your basket is empty.", "There is nothing in your basket yet.", "~Your basket's empty.", "~Nothing in your basket yet.", "^Your basket is still empty.")
EMPTY_CLOSE = ("Tell me what you are looking for.", "~Tell me what you're after.", "^Please tell me what you are looking for.")
VIEW = ("Here is your basket.", "This is what you have so far.", "~Here's your basket.", "^This is your basket.")
TOTALS = ("Your basket holds $c, $s in all.", "In the basket: $c for $s.", "That makes $c, $s together.", "~That's $c, $s all in.", "^Your basket now holds $c, $s in total.")
COUNT = ("Your basket holds $c.", "In the basket: $c.", "~That's $c so far.", "^Your basket now holds $c.")
SUM = ("In all: $s.", "The sum is $s.", "~That's $s all in.", "^The sum comes to $s.")
CHECKOUT = ("You can check out in the basket.", "All set: go to the basket to check out.", "To order, open the basket and check out.", "~All set, just hit the checkout.", "~Head to the basket to check out.",
            "^You may now proceed to the checkout.", "^To place the order, please open the basket and check out.")
SELECTED = ("[Good|Fine] choice: $n.", "$n it is.", "Noted, you have picked $n.", "~Nice pick: $n.", "~Great, $n it is.", "^An excellent choice: $n.", "^Very well, you have chosen $n.")
SELECTED_CLOSE = ("Say so and I will put it in your basket.", "It can go in the basket whenever you like.", "~Say the word and it's in your basket.", "^If you wish, I will place it in your basket.")
BASKET_CLOSE = ("You can check out whenever you like.", "Tell me if you need anything else.", "~Shout if you need anything else.", "^Please let me know if you need anything else.")

# --- handing over, small talk --------------------------------------------------------------------------------------

HANDOVER: dict[str, tuple[str, ...]] = {
    "asked": ("Of course, a colleague takes over from here.", "I am passing you on to a colleague.", "A colleague will answer you here.", "~Sure, I'll get a colleague for you.",
              "~No problem, a colleague's taking over.", "^Certainly, a colleague will take over from here.", "^Of course. I am handing you over to a colleague."),
    "unsure": ("I would rather have a colleague look at this than guess.", "I am not sure about this, so a colleague takes over.", "This is better answered by a colleague, who takes over now.",
               "~That's over my head, I'll get a colleague.", "~Not sure on that one, so a colleague takes over.", "^I would prefer to leave this to a colleague, who will take over now."),
    "complaint": ("I am sorry about this. A colleague takes over and looks into it.", "That should not have happened, I am sorry. I am passing you on to a colleague.",
                  "I am sorry to hear that. A colleague will look into it.", "~So sorry about that. A colleague will sort it out with you.", "~Ugh, sorry. I'll get a colleague on it.",
                  "^I sincerely apologise. A colleague will attend to this."),
    "": ("A colleague takes over from here.", "I am passing you on to a colleague.", "~I'll get a colleague for you.", "^A colleague will take over from here."),
}
HANDOVER_CLOSE = ("What you wrote is passed on, so you need not repeat it.", "Your messages are passed on as they are.", "~You won't have to repeat yourself.", "^You need not repeat anything.")
CHAT: dict[str, tuple[str, ...]] = {
    "greeting": ("I can help you find something, compare things, or look up an order.", "Tell me what you are looking for.", "I am here to help you find the right thing.",
                 "~Tell me what you're after.", "~I can find stuff, compare it, or check an order.", "^I am at your service.", "^Please tell me how I may help."),
    "thanks": ("You are welcome!", "Glad to help.", "With pleasure.", "Happy that it helps.", "~Anytime!", "~No problem!", "~Sure thing!", "^It was my pleasure.", "^You are most welcome."),
    "goodbye": ("Goodbye, and come back any time.", "See you soon.", "Take care, and goodbye.", "~Bye, take care!", "~See you!", "^Goodbye, and thank you for your visit.", "^I wish you a pleasant day."),
    "off_topic": ("That is outside what I can help with.", "I can only help with this shop and its products.", "I had better stick to the shop.", "~Ha, that's not my thing. I only know this shop.",
                  "~That's a bit outside my world.", "^I regret that I can only assist with matters of this shop."),
    "unclear": ("I am not sure that I understood you.", "I did not quite get that.", "Sorry, I could not make that out.", "~Hmm, I didn't get that.", "~Sorry, you lost me there.",
                "^I apologise, I did not quite understand.", "^Forgive me, I am not certain what you mean."),
    "complaint": ("I am sorry to hear that.", "I am sorry, that is not how it should be.", "Thank you for telling me, and I am sorry.", "~Oh no, sorry about that.", "~That's no good, sorry.",
                  "^I sincerely apologise.", "^I regret to hear that."),
    "": ("I am here if you need anything.", "Tell me how I can help.", "~I'm here if you need me.", "^I am at your service."),
}
CHAT_CLOSE: dict[str, tuple[str, ...]] = {
    "greeting": ("",), "goodbye": ("",), "": ("",),
    "thanks": ("Tell me if you need anything else.", "I am here if something else comes up.", "~Shout if you need anything else.", "^Please let me know if I can be of further help.", ""),
    "off_topic": ("Tell me what you are looking for and I will help.", "If you need something from the shop, I am here.", "~Looking for something in the shop, just ask.",
                  "^If you are looking for something in the shop, I will gladly help."),
    "unclear": ("Please put it in other words.", "Could be that I need it a little plainer.", "~Try me again in other words.", "^Please be so kind as to rephrase it."),
    "complaint": ("Tell me what happened and I will see what I can do.", "Tell me more, or ask for a colleague.", "~Tell me what's wrong and we'll see.", "^Please tell me what has happened."),
}

# --- a fact that no other sentence took up -------------------------------------------------------------------------

REST: dict[str, tuple[str, ...]] = {
    "title": ("This is about $x.", "~It's about $x."), "price": ("The price is $x.", "It costs $x.", "~It's $x."), "was": ("Before the sale it was $x.",), "rating": ("It is rated $x.",),
    "reason": ("What speaks for it: $x.",), "tradeoff": ("One trade-off: $x.",), "review": ('One review says: "$x".',), "answer": ("The product details say $x.",),
    "diff": ("Compared: $x.",), "need.product": ("This is about $x.", "You are looking for $x."), "need.superlative": ("You asked for the $x.",),
    "need": ("You asked for this: $x.",), "relaxed": ("What had to give: $x.",), "unknown": ("The product details do not say anything about $x.",),
    "behaviour": ("You have looked at $x.",), "missing.product": ("We do not carry $x.",), "alternative.product": ("What comes closest here: $x.",),
    "next.product": ("Then we can look for $x.",), "ask.name": ("I would need to know the $x.",), "ask.options": ("The choice: $x.",), "policy": ("Our policy says: $x",),
    "policy.source": ("It stands in $x.",), "order.id": ("This is about order $x.",), "order.status": ("Your order is $x.",), "order.items": ("What you ordered: $x.",),
    "order.date": ("It was placed on $x.",), "order.delivery": ("Delivery: $x.",), "order.tracking": ("The tracking number is $x.",), "order.total": ("The total of the order is $x.",),
    "basket.title": ("In your basket: $x.",), "basket.quantity": ("Quantity: $x.",), "basket.count": ("Your basket holds $x.",), "basket.total": ("The basket comes to $x.",),
    "shop.name": ("This is {shop.name}.", "You are talking to {shop.name}."),
}
